#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    doors::start_copy(text);
});
