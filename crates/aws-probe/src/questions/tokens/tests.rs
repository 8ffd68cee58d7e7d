use super::*;
use crate::Answer;

fn repeat(reply: Reply, sent: u64) -> Repeat {
    Repeat {
        reply,
        sent: Duration::from_millis(sent),
        answered: Duration::from_millis(sent + 1),
    }
}

fn refused() -> Reply {
    Reply::Error("InvalidParametersException".to_owned())
}

/// The answers where the first repeat gets the copy; then come another request and a second repeat.
fn answers_to(other: Reply, second: Reply) -> [Answer; 2] {
    let same = vec![repeat(Reply::TheCopy, 2), repeat(second, 5)];
    let repeats = Repeats { same, other };
    [honoured(&repeats), reused(&repeats)].map(|it| it.answers("?"))
}

#[test]
fn a_token_forgotten_before_another_request_leaves_that_question_open() {
    let bounds = Bounds {
        least: Duration::from_millis(2),
        most: Duration::from_millis(6),
    };
    // The other request's copy has the token by then.
    for second in [Reply::AnotherCopy, refused()] {
        let [honoured, reused] = answers_to(Reply::AnotherCopy, second);
        assert_eq!(honoured.switch, Some(Switch::TokensHonouredFor(bounds)));
        assert!(reused.answer.starts_with("not known"), "{reused:?}");
        assert_eq!(reused.switch, None);
    }
}

#[test]
fn no_switch_makes_another_copy_for_another_request() {
    let [honoured, reused] = answers_to(Reply::AnotherCopy, Reply::TheCopy);
    let least = Duration::from_millis(5);
    assert_eq!(honoured.switch, Some(Switch::TokensHonoured(least)));
    assert!(reused.answer.starts_with("a copy of its own"), "{reused:?}");
    assert_eq!(reused.switch, None);
}

#[test]
fn a_refused_repeat_does_not_say_that_the_token_was_forgotten() {
    let [honoured, reused] = answers_to(refused(), refused());
    assert!(honoured.answer.starts_with("not known"), "{honoured:?}");
    assert_eq!(honoured.switch, None);
    assert_eq!(reused.switch, Some(Switch::ReusedTokenIsRejected(true)));
}
