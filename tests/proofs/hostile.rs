//! A part of `make hostile`: no input and no answer of a service makes a function end, log what is
//! not its own, or show what nobody may see.

use std::path::Path;

use hostile::{Extent, fire};

#[tokio::test]
async fn functions_hold_what_they_must_under_hostile_inputs_and_answers() {
    let program = Path::new(env!("CARGO_BIN_EXE_start-copy"));
    let extent = Extent {
        inputs: 3000,
        answers: 60,
        all: false,
        seed: 18,
    };
    let programs = program.parent().expect("is in a folder");
    let report = fire(programs, extent).await.expect("programs start");
    assert!(report.number() >= 3060, "{}", report.number());
    assert_eq!(report.followed, 0, "redirects are not followed");
    assert!(report.wrong.is_empty(), "{}", report.wrong.join("\n"));
}
