#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    doors::finish_copy(text);
});
