#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    fuzz_targets::publish_outcome(text);
});
