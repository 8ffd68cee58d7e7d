use anyhow::{Error, Result, anyhow};

use super::copies::Copies;
use super::made::Made;
use super::questions::{self, Means};
use super::throwaway::Throwaway;
use super::{Answer, Bucket, Catalogs, Leftover, Pace, Run, clean, find, run_name};

/// Where the template is that products are made of.
#[derive(Clone, Debug)]
pub enum Template {
    /// In a bucket that is made for it.
    InBucket(aws_sdk_s3::Client),
    /// At this URL.
    At(String),
}

/// What came out.
#[derive(Debug)]
pub struct Outcome {
    /// The answers, as far as it got.
    pub answers: Vec<Answer>,
    /// Why it got no farther.
    pub trouble: Option<Error>,
    /// What is perhaps still there.
    pub leftovers: Vec<Leftover>,
}

/// Makes what is needed, asks, and deletes it again, whatever happened and when `stop` says so.
pub async fn run(
    catalogs: &Catalogs,
    template: &Template,
    pace: Pace,
    stop: impl AsyncFn(),
) -> Outcome {
    let name = run_name();
    let copies = Copies::new(pace);
    let mut answers = Vec::new();
    let asked = async {
        let url = template.url(catalogs, &name).await?;
        let throwaway = Throwaway::make(&catalogs.source, &name, &url).await?;
        let means = Means {
            catalogs,
            copies: &copies,
            throwaway: &throwaway,
        };
        questions::ask(&means, &mut answers).await;
        Ok(())
    };
    let stopped = || anyhow!("it was stopped");
    let asked: Result<()> = tokio::select! {
        asked = asked => asked,
        () = stop() => Err(stopped()),
    };
    let cleaning = async {
        let (ids, mut leftovers) = clean::wait_for(&copies).await;
        let run = Run {
            name: &name,
            copies: &ids,
        };
        let mut found = find(catalogs, None, Some(run)).await;
        let bucket = template.bucket(catalogs, &name);
        found.made.extend(bucket.map(Made::bucket));
        leftovers.extend(found.unseen);
        leftovers.extend(found.unmarked.iter().map(Leftover::unmarked));
        leftovers.extend(clean::delete(&found.made, pace).await);
        leftovers
    };
    let leftovers = tokio::select! {
        leftovers = cleaning => leftovers,
        () = stop() => vec![Leftover::unseen(&stopped())],
    };
    Outcome {
        answers,
        trouble: asked.err(),
        leftovers,
    }
}

impl Template {
    fn bucket(&self, catalogs: &Catalogs, name: &str) -> Option<Bucket> {
        match self {
            Self::At(_) => None,
            Self::InBucket(client) => {
                Some(Bucket::new(client.clone(), &catalogs.source.region, name))
            }
        }
    }

    async fn url(&self, catalogs: &Catalogs, name: &str) -> Result<String> {
        match (self, self.bucket(catalogs, name)) {
            (Self::At(url), _) => Ok(url.clone()),
            (_, None) => Err(anyhow!("there is no template")),
            (_, Some(bucket)) => {
                bucket.make().await?;
                Ok(bucket.template_url())
            }
        }
    }
}
