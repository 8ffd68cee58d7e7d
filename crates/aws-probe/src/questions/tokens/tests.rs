use super::*;
use crate::Answer;

fn repeat(got: Got, sent: u64) -> Repeat {
    Repeat {
        got,
        sent: Duration::from_millis(sent),
        answered: Duration::from_millis(sent + 1),
    }
}

fn refused() -> Got {
    Got::Error("InvalidParametersException".to_owned())
}

/// What comes of a first repeat that got the copy, another request, and a second repeat later.
fn told(other: Got, second: Got) -> [Answer; 2] {
    let same = vec![repeat(Got::TheCopy, 2), repeat(second, 5)];
    let repeats = Repeats { same, other };
    [honoured(&repeats), reused(&repeats)].map(|it| it.answers("?"))
}

#[test]
fn a_token_forgotten_before_another_request_says_nothing_of_that() {
    let bounds = Bounds {
        least: Duration::from_millis(2),
        most: Duration::from_millis(6),
    };
    // The other request's copy has the token by then.
    for second in [Got::AnotherCopy, refused()] {
        let [honoured, reused] = told(Got::AnotherCopy, second);
        assert_eq!(honoured.switch, Some(Switch::TokensHonouredFor(bounds)));
        assert!(reused.answer.starts_with("not known"), "{reused:?}");
        assert_eq!(reused.switch, None);
    }
}

#[test]
fn another_copy_for_another_request_is_no_position_of_the_fake_s() {
    let [honoured, reused] = told(Got::AnotherCopy, Got::TheCopy);
    let least = Duration::from_millis(5);
    assert_eq!(honoured.switch, Some(Switch::TokensHonoured(least)));
    assert!(reused.answer.starts_with("a copy of its own"), "{reused:?}");
    assert_eq!(reused.switch, None);
}

#[test]
fn a_repeat_that_is_refused_says_not_that_the_token_was_forgotten() {
    let [honoured, reused] = told(refused(), refused());
    assert!(honoured.answer.starts_with("not known"), "{honoured:?}");
    assert_eq!(honoured.switch, None);
    assert_eq!(reused.switch, Some(Switch::ReusedTokenIsRejected(true)));
}
