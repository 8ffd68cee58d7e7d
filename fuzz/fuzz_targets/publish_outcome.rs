#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    doors::publish_outcome(text);
});
