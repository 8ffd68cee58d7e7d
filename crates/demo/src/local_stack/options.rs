//! The command line, and the files it names.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use fake_service_catalog::{CopyEnds, Faults, Settings, TARGET_ROLE};
use lexopt::prelude::*;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::parameters;
use crate::EXTERNAL_ID;

/// How it is called.
pub const HELP: &str = "\
make local ARGS='[options]'    Catalog Copy on this machine, until Ctrl-C

  --copy-seconds <N>       how long a copy takes (2)
  --wait-scale <X>         the wait of a state machine, and its timeout, are this part of what they are on AWS (1)
  --parameter <Key=Value>  a parameter of template.yaml; once for each
  --settings <file>        JSON: switches of the fake Service Catalog, by name
  --faults <file>          JSON: by operation, what goes wrong with its next calls and with every nth
  --empty                  without the products of the demo
  --help                   only print this

docs/local.md says more.
";

/// How long a copy takes, unless something else is said.
const COPY: Duration = Duration::from_secs(2);

/// What is said on the command line and in its files.
#[derive(Debug)]
#[expect(missing_docs, reason = "the help says what they are")]
pub struct Options {
    pub wait_scale: f64,
    pub parameters: BTreeMap<String, String>,
    pub settings: Settings,
    pub faults: Faults,
    pub is_empty: bool,
}

impl Options {
    /// Reads the command line, without the program's name, and the files that it names; nothing if it asks for help.
    ///
    /// # Errors
    /// When anything in them is not known or not allowed.
    pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Option<Self>> {
        let mut options = Self {
            wait_scale: 1.0,
            parameters: BTreeMap::new(),
            settings: Settings {
                copy_ends: CopyEnds::After(COPY),
                ..Settings::default()
            },
            faults: Faults::default(),
            is_empty: false,
        };
        let mut copy = None;
        let mut parser = lexopt::Parser::from_args(arguments);
        while let Some(argument) = parser.next()? {
            let Long(name) = argument else {
                bail!("{}\n\n{HELP}", argument.unexpected());
            };
            match name {
                "help" => return Ok(None),
                "empty" => options.is_empty = true,
                "copy-seconds" => copy = Some(seconds(&parser.value()?.string()?)?),
                "wait-scale" => options.wait_scale = scale(&parser.value()?.string()?)?,
                "parameter" => {
                    let text = parser.value()?.string()?;
                    let (key, value) = text
                        .split_once('=')
                        .with_context(|| format!("--parameter {text}: it is Key=Value"))?;
                    parameters::check(key, value)?;
                    let before = options.parameters.insert(key.to_owned(), value.to_owned());
                    ensure!(before.is_none(), "--parameter {key} is there twice");
                }
                "settings" => options.settings = settings(&parser.value()?.string()?)?,
                "faults" => options.faults = read("--faults", &parser.value()?.string()?)?,
                _ => bail!("{}\n\n{HELP}", argument.unexpected()),
            }
        }
        if let Some(time) = copy {
            options.settings.copy_ends = CopyEnds::After(time);
        }
        let roles = &mut options.settings.roles;
        let role = roles.entry(TARGET_ROLE.to_owned());
        role.or_insert_with(|| Some(EXTERNAL_ID.to_owned()));
        Ok(Some(options))
    }
}

fn number(name: &str, text: &str) -> Result<f64> {
    let number: f64 = text
        .parse()
        .with_context(|| format!("{name} {text}: it is a number"))?;
    Ok(number)
}

fn seconds(text: &str) -> Result<Duration> {
    let number = number("--copy-seconds", text)?;
    Duration::try_from_secs_f64(number).with_context(|| format!("--copy-seconds {text}"))
}

fn scale(text: &str) -> Result<f64> {
    let number = number("--wait-scale", text)?;
    ensure!(
        number > 0.0 && number.is_finite(),
        "--wait-scale {text}: it is above 0"
    );
    Ok(number)
}

fn settings(path: &str) -> Result<Settings> {
    let mut settings: Settings = read("--settings", path)?;
    let given: Map<String, Value> = read("--settings", path)?;
    if !given.contains_key("CopyEnds") {
        settings.copy_ends = CopyEnds::After(COPY);
    }
    Ok(settings)
}

fn read<T: DeserializeOwned>(option: &str, path: &str) -> Result<T> {
    let text = fs::read_to_string(path).with_context(|| format!("{option} {path}"))?;
    serde_json::from_str(&text).with_context(|| format!("{option} {path}"))
}

#[cfg(test)]
mod tests {
    use std::{env, process};

    use fake_service_catalog::Operation;

    use super::*;

    fn parse(arguments: &[&str]) -> Result<Option<Options>> {
        Options::parse(arguments.iter().map(OsString::from))
    }

    fn parsed(arguments: &[&str]) -> Options {
        let options = parse(arguments).expect("is allowed");
        options.expect("asks for no help")
    }

    /// A file that is removed when dropped.
    struct Written(String);

    impl Drop for Written {
        fn drop(&mut self) {
            let _ = fs::remove_file(&self.0);
        }
    }

    fn file(name: &str, text: &str) -> Written {
        let path = env::temp_dir().join(format!("{name}-{}.json", process::id()));
        fs::write(&path, text).expect("is written");
        Written(path.display().to_string())
    }

    /// The JSON examples of the page about all this.
    fn examples() -> Vec<&'static str> {
        let page = include_str!("../../../../docs/local.md");
        let blocks = page.split("```json\n").skip(1);
        let blocks = blocks.map(|rest| rest.split("```").next().unwrap_or_default());
        blocks.collect()
    }

    #[test]
    fn without_options_a_copy_takes_a_while_and_the_role_asks_for_an_external_id() {
        let options = parsed(&[]);
        assert!(!options.is_empty);
        assert_eq!(options.settings.copy_ends, CopyEnds::After(COPY));
        let asked = options.settings.roles[TARGET_ROLE].as_deref();
        assert_eq!(asked, Some(EXTERNAL_ID));
    }

    #[test]
    fn every_option_is_read() {
        let settings = file("settings", r#"{ "RecopyDuplicatesVersions": false }"#);
        let faults = r#"{ "CopyProduct": [{ "Next": 1, "Fault": "Throttling" }] }"#;
        let faults = file("faults", faults);
        let options = parsed(&[
            "--copy-seconds=0.5",
            "--wait-scale",
            "0.25",
            "--parameter",
            "MinWaitSeconds=1",
            "--parameter",
            "Schedule=rate(1 day)",
            "--settings",
            &settings.0,
            "--faults",
            &faults.0,
            "--empty",
        ]);
        let half = CopyEnds::After(Duration::from_millis(500));
        assert_eq!(options.settings.copy_ends, half);
        assert!(!options.settings.recopy_duplicates_versions);
        assert_eq!(options.wait_scale.to_string(), "0.25");
        assert_eq!(options.parameters["MinWaitSeconds"], "1");
        assert_eq!(options.parameters["Schedule"], "rate(1 day)");
        assert!(options.is_empty);
        let faults = format!("{:?}", options.faults);
        assert!(faults.contains("ThrottlingException"), "{faults}");
        assert!(faults.contains(&format!("{:?}", Operation::CopyProduct)));
    }

    #[test]
    fn a_settings_file_says_how_long_a_copy_takes_unless_the_option_does() {
        let path = file("copy-ends", r#"{ "CopyEnds": { "AfterDescribes": 3 } }"#);
        let options = parsed(&["--settings", &path.0]);
        assert_eq!(options.settings.copy_ends, CopyEnds::AfterDescribes(3));
        let options = parsed(&["--copy-seconds", "1", "--settings", &path.0]);
        let second = CopyEnds::After(Duration::from_secs(1));
        assert_eq!(options.settings.copy_ends, second);
        let other = parsed(&["--settings", &file("no-copy-ends", "{}").0]);
        assert_eq!(other.settings.copy_ends, CopyEnds::After(COPY));
    }

    #[test]
    fn what_is_not_allowed_is_named_with_what_is() {
        let unknown_switch = file("unknown", r#"{ "CopyEnd": {} }"#);
        let no_json = file("no-json", "{");
        for (arguments, parts) in [
            (&["--copies"][..], ["--copies", "--copy-seconds <N>"]),
            (&["now"], ["now", "--copy-seconds <N>"]),
            (&["--copy-seconds", "-1"], ["--copy-seconds -1", "negative"]),
            (&["--copy-seconds", "x"], ["--copy-seconds x", "number"]),
            (&["--wait-scale", "0"], ["--wait-scale 0", "above 0"]),
            (&["--wait-scale", "NaN"], ["--wait-scale NaN", "above 0"]),
            (&["--parameter", "A"], ["--parameter A", "Key=Value"]),
            (&["--parameter", "A=1"], ["A is no", "MinWaitSeconds"]),
            (&["--settings", "absent"], ["--settings absent", "No such"]),
            (
                &["--settings", &unknown_switch.0],
                ["`CopyEnd`", "`CopyEnds`"],
            ),
            (&["--faults", &no_json.0], [&no_json.0, "EOF"]),
        ] {
            let error = parse(arguments).expect_err("is refused");
            let error = format!("{error:#}");
            for part in parts {
                assert!(error.contains(part), "{arguments:?}: {error}");
            }
        }
        let twice = ["--parameter", "MinWaitSeconds=1"].repeat(2);
        let error = parse(&twice).expect_err("is refused").to_string();
        assert!(error.contains("MinWaitSeconds is there twice"), "{error}");
    }

    #[test]
    fn the_examples_of_the_page_are_read() {
        let [settings, faults] = examples()[..] else {
            panic!("two examples expected");
        };
        let settings = parsed(&["--settings", &file("example-settings", settings).0]).settings;
        assert_eq!(settings.available_after, Some(Duration::from_secs(10)));
        assert_eq!(settings.copy_ends, CopyEnds::After(COPY));
        let faults = parsed(&["--faults", &file("example-faults", faults).0]).faults;
        assert!(format!("{faults:?}").contains("AfterAcceptance"));
    }

    #[test]
    fn the_page_names_every_option() {
        let options = HELP.lines().filter_map(|line| line.strip_prefix("  --"));
        let names: Vec<_> = options.filter_map(|line| line.split(' ').next()).collect();
        assert_eq!(names.len(), 7, "{names:?}");
        for name in names {
            let page = include_str!("../../../../docs/local.md");
            assert!(page.contains(&format!("| `--{name}")), "{name}");
        }
    }

    #[test]
    fn help_comes_before_everything_after_it() {
        assert!(parse(&["--help", "--nonsense"]).expect("help").is_none());
    }
}
