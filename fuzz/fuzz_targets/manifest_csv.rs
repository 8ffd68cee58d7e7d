#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    doors::manifest_csv(text);
});
