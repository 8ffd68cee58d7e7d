use anyhow::{Error, Result, anyhow};

use super::copies::Copies;
use super::questions::{self, Setup};
use super::resource::Resource;
use super::source_product::SourceProduct;
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
    /// Why it stopped early.
    pub error: Option<Error>,
    /// What is perhaps still there.
    pub leftovers: Vec<Leftover>,
}

/// Makes what is needed, asks, and deletes it again, also after an error and when `stop` ends.
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
        let source_product = SourceProduct::make(&catalogs.source, &name, &url).await?;
        let setup = Setup {
            catalogs,
            copies: &copies,
            source_product: &source_product,
        };
        // Too large for the stack of whoever runs this.
        Box::pin(questions::ask(&setup, &mut answers)).await;
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
        found.made.extend(bucket.map(Resource::bucket));
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
        error: asked.err(),
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
