//! A run as JSON lines, which other programs read as they come.

use plywood_tensor::{Error, Result};
use serde::Serialize;

use crate::history::EpochRecord;
use crate::steps::StepRecord;

/// A line: its `kind` says which.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Line<'r> {
    Steps(&'r StepRecord),
    Epoch(&'r EpochRecord),
}

/// A line for each record, in their order: an epoch after the steps that end in it.
pub(crate) fn of(history: &[EpochRecord], steps: &[StepRecord]) -> Result<Vec<u8>> {
    let mut text = Vec::new();
    let mut write = |line: Line<'_>| -> Result<()> {
        serde_json::to_writer(&mut text, &line)
            .map_err(|error| Error::data(format!("the steps can't be written: {error}")))?;
        text.push(b'\n');
        Ok(())
    };
    let mut steps = steps.iter().peekable();
    for record in history {
        while let Some(step) = steps.next_if(|step| step.epoch <= record.epoch) {
            write(Line::Steps(step))?;
        }
        write(Line::Epoch(record))?;
    }
    steps.try_for_each(|step| write(Line::Steps(step)))?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::Scores;
    use crate::steps::Spread;

    #[test]
    fn an_epoch_follows_its_steps() {
        let step = |step, epoch| {
            let spread = Spread { mean: 0.5, min: 0.25, max: 1.0 };
            let (loss, grad_norm) = (spread, spread);
            StepRecord { first: step, last: step, epoch, learning_rate: 0.1, loss, grad_norm }
        };
        let epoch = |epoch| EpochRecord {
            epoch,
            learning_rate: 0.1,
            train: Scores { loss: f64::NAN, metrics: vec![("accuracy".to_owned(), 0.5)] },
            valid: None,
            grad_norm: 0.5,
            clipped: 0,
        };
        let steps = [step(1, 1), step(2, 1), step(3, 2)];
        let text = String::from_utf8(of(&[epoch(1), epoch(2)], &steps).unwrap()).unwrap();
        let kinds: Vec<&str> = text.lines().map(|line| &line[..16]).collect();
        let (steps, epoch) = (r#"{"kind":"steps","#, r#"{"kind":"epoch","#);
        assert_eq!(kinds, [steps, steps, epoch, steps, epoch]);
        assert_eq!(
            text.lines().next(),
            Some(
                "{\"kind\":\"steps\",\"first\":1,\"last\":1,\"epoch\":1,\"learning_rate\":0.1,\
                 \"loss\":{\"mean\":0.5,\"min\":0.25,\"max\":1.0},\
                 \"grad_norm\":{\"mean\":0.5,\"min\":0.25,\"max\":1.0}}"
            ),
        );
        // What is undefined is null, since JSON has no NaN.
        assert_eq!(
            text.lines().last(),
            Some(
                "{\"kind\":\"epoch\",\"epoch\":2,\"learning_rate\":0.1,\
                 \"train\":{\"loss\":null,\"metrics\":[[\"accuracy\",0.5]]},\"valid\":null,\
                 \"grad_norm\":0.5,\"clipped\":0}"
            ),
        );
    }
}
