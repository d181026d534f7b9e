//! The page around the sections.

use minijinja::value::Serde;
use minijinja::{Environment, Value};
use plywood_tensor::{Error, Result};
use serde::Serialize;

use super::figure::{Figure, Shown};

static TEMPLATE: &str = include_str!("page.html");

/// A section: left out where it has no figures.
pub(super) struct Section {
    heading: &'static str,
    intro: &'static str,
    figures: Vec<Figure>,
}

impl Section {
    pub(super) fn new(heading: &'static str, intro: &'static str, figures: Vec<Figure>) -> Self {
        Self { heading, intro, figures }
    }
}

/// What the template is given.
#[derive(Serialize)]
pub(super) struct Content {
    title: String,
    verdict: String,
    facts: Vec<(&'static str, String)>,
    sections: Vec<ShownSection>,
    version: &'static str,
}

#[derive(Serialize)]
struct ShownSection {
    id: String,
    heading: &'static str,
    intro: &'static str,
    figures: Vec<Shown>,
}

impl Content {
    pub(super) fn new(
        title: &str,
        verdict: String,
        facts: Vec<(&'static str, String)>,
        sections: &[Section],
    ) -> Result<Self> {
        let some = sections.iter().filter(|section| !section.figures.is_empty());
        let shown = some.map(|Section { heading, intro, figures }| {
            let figures = figures.iter().map(Figure::shown).collect::<Result<Vec<Shown>>>()?;
            let id = heading.to_lowercase().replace(' ', "-");
            Ok(ShownSection { id, heading, intro, figures })
        });
        Ok(Self {
            title: title.to_owned(),
            verdict,
            facts,
            sections: shown.collect::<Result<_>>()?,
            version: env!("CARGO_PKG_VERSION"),
        })
    }
}

pub(super) fn render(content: &Content) -> Result<String> {
    let render = || {
        let mut environment = Environment::new();
        // The name's ending is why everything that is put in is escaped.
        environment.add_template("page.html", TEMPLATE)?;
        environment.get_template("page.html")?.render(Value::from(Serde(content)))
    };
    render().map_err(|error: minijinja::Error| {
        Error::data(format!("the page can't be written: {error}"))
            .operation("report")
            .caused_by(error)
    })
}
