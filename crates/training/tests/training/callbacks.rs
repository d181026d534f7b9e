//! What callbacks see and change, how they stop a run, and that a run goes on with their state.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use plywood_layers::cross_entropy;
use plywood_optimizers::SGD;
use plywood_tensor::{Error, Result, Seed, Tensor};
use plywood_training::{Callback, CallbackState, Flow, Trainer, TrainerState};

use crate::support::{EPOCHS, LOOKS, Net, Outcome, STEPS, data, net, train_by, trainer, weights};

fn plain() -> Trainer {
    Trainer::new(SGD::new(0.05)).epochs(3).batch_size(8).seed(Seed(3)).quiet(true)
}

/// The support's data and model with this trainer.
fn fit(trainer: Trainer) -> Result<(Outcome, Option<String>)> {
    let (train, valid) = data();
    let mut model = net();
    let run = trainer.loss(cross_entropy).fit(&mut model, &train, &valid)?;
    Ok((Outcome::of(&model, &run), run.stopped().map(str::to_owned)))
}

/// Writes down where it was called.
#[derive(Clone, Default)]
struct Diary(Arc<Mutex<Vec<String>>>);

impl Diary {
    fn note(&self, what: &str, run: &mut TrainerState<'_>) {
        assert_eq!(run.model_as::<Net>().is_some(), run.model_as::<Trainer>().is_none());
        assert!(run.model().parameter_count() > 0 && run.optimizer().learning_rate() == 0.05);
        let place = format!("{}/{} {}/{}", run.epoch(), run.epochs(), run.batch(), run.batches());
        let counts = format!("step {} history {}", run.step(), run.history().len());
        self.0.lock().unwrap().push(format!("{what} {place} {counts}"));
    }
}

impl Callback for Diary {
    fn on_train_begin(&mut self, run: &mut TrainerState<'_>) -> Result<()> {
        self.note("begin", run);
        Ok(())
    }

    fn on_step_end(&mut self, run: &mut TrainerState<'_>) -> Result<Flow> {
        self.note("step", run);
        Ok(Flow::Continue)
    }

    fn on_epoch_end(&mut self, run: &mut TrainerState<'_>) -> Result<Flow> {
        self.note("epoch", run);
        Ok(Flow::Continue)
    }

    fn settings(&self) -> String {
        "diary".to_owned()
    }
}

#[test]
fn they_see_where_the_run_is() {
    let diary = Diary::default();
    let (plainly, _) = fit(plain().epochs(2)).unwrap();
    let (seen, stopped) = fit(plain().epochs(2).accumulate(1).callback(diary.clone())).unwrap();
    assert_eq!((seen, stopped), (plainly, None));
    let mut expected = vec!["begin 1/2 0/5 step 0 history 0".to_owned()];
    for epoch in 1..=2 {
        for batch in 1..=5 {
            let step = 5 * (epoch - 1) + batch;
            expected.push(format!("step {epoch}/2 {batch}/5 step {step} history {}", epoch - 1));
        }
        expected.push(format!("epoch {epoch}/2 5/5 step {} history {epoch}", 5 * epoch));
    }
    assert_eq!(*diary.0.lock().unwrap(), expected);
}

/// Ends a run after a step.
struct StopAt(u64);

impl Callback for StopAt {
    fn on_step_end(&mut self, run: &mut TrainerState<'_>) -> Result<Flow> {
        Ok(if run.step() == self.0 { Flow::stop("enough") } else { Flow::Continue })
    }

    fn settings(&self) -> String {
        self.0.to_string()
    }
}

#[test]
fn an_epoch_ends_with_the_step_that_stops_it() {
    let (whole, _) = fit(plain()).unwrap();
    let (stopped, why) = fit(plain().callback(StopAt(7))).unwrap();
    assert_eq!(why.unwrap(), "StopAt: enough");
    // The second epoch has a record, and a look at the validation data.
    assert_eq!(stopped.history.matches("epoch:").count(), 2);
    assert_eq!(stopped.history.matches("valid: Some").count(), 2);
    assert_ne!(stopped.weights, whole.weights);
}

#[test]
fn a_stopped_run_goes_on_to_the_same_end() {
    let stopping = || plain().callback(StopAt(7));
    let whole = train_by(stopping(), usize::MAX, None, Duration::MAX).unwrap();
    // In the first epoch, after the stop at the first look, and at the second.
    for stop in [3, STEPS + LOOKS + 2, STEPS + LOOKS + 3] {
        for every in [Duration::ZERO, Duration::MAX] {
            let folder = tempfile::tempdir().unwrap();
            let path = Some(folder.path());
            assert!(train_by(stopping(), stop, path, every).is_err());
            assert_eq!(train_by(stopping(), usize::MAX, path, every).unwrap(), whole);
            // Finished: it is only loaded.
            assert_eq!(train_by(stopping(), 0, path, every).unwrap(), whole);
        }
    }
}

#[test]
fn a_closure_is_one_at_the_end_of_each_epoch() {
    let closure = |run: &mut TrainerState<'_>| {
        assert_eq!(run.loss(), run.history().last().unwrap().train.loss);
        Ok(if run.epoch() == 2 { Flow::stop("two will do") } else { Flow::Continue })
    };
    let (_, why) = fit(plain().callback(closure)).unwrap();
    let why = why.unwrap();
    assert!(why.starts_with("the closure training::callbacks::") && why.ends_with(": two will do"));
}

/// Has all the state that there can be: a rate that follows its own course, a count, and a running mean of
/// the first weight, which it gives the model at each epoch's end.
#[derive(Default)]
struct Restless {
    steps: u64,
    mean: Option<Tensor>,
}

impl Callback for Restless {
    fn on_step_end(&mut self, run: &mut TrainerState<'_>) -> Result<Flow> {
        self.steps += 1;
        let rate = run.optimizer().learning_rate();
        run.optimizer().set_learning_rate(rate * 0.97 + 1e-4 / self.steps as f64);
        let weight = run.model().named_parameters()[0].1.value().clone();
        self.mean = Some(match &self.mean {
            Some(mean) => &(mean * 0.5) + &(weight * 0.5),
            None => weight,
        });
        Ok(Flow::Continue)
    }

    fn on_epoch_end(&mut self, run: &mut TrainerState<'_>) -> Result<Flow> {
        let mean = self.mean.clone().unwrap();
        run.model().update_parameters(&mut |name, param| {
            if name == "conv.weight" {
                *param.value_mut() = mean.clone();
            }
        });
        Ok(Flow::Continue)
    }

    fn settings(&self) -> String {
        "restless".to_owned()
    }

    fn state(&self) -> CallbackState {
        let mut state = CallbackState::default();
        state.bytes.insert("steps".to_owned(), self.steps.to_le_bytes().to_vec());
        state.tensors.extend(self.mean.clone().map(|mean| ("mean".to_owned(), mean)));
        state
    }

    fn load_state(&mut self, mut state: CallbackState) -> Result<()> {
        let steps = state.bytes.remove("steps").and_then(|bytes| bytes.try_into().ok());
        let steps = steps.ok_or_else(|| Error::data("there is no number of steps"))?;
        (self.steps, self.mean) = (u64::from_le_bytes(steps), state.tensors.remove("mean"));
        Ok(())
    }
}

#[test]
fn a_run_goes_on_with_their_state() {
    let restless =
        || plain().epochs(EPOCHS).freeze_after(2, "fc.bias").callback(Restless::default());
    let whole = train_by(restless(), usize::MAX, None, Duration::MAX).unwrap();
    assert_ne!(whole, train_by(plain().epochs(EPOCHS), usize::MAX, None, Duration::MAX).unwrap());
    for stops in [[3, 9], [STEPS + 1, 1], [14, 11]] {
        for every in [Duration::ZERO, Duration::MAX] {
            let folder = tempfile::tempdir().unwrap();
            for stop in stops {
                assert!(train_by(restless(), stop, Some(folder.path()), every).is_err());
            }
            let run = train_by(restless(), usize::MAX, Some(folder.path()), every).unwrap();
            assert_eq!(run, whole, "stopped at {stops:?}, saved every {every:?}");
        }
    }
}

/// Fails at a step, or at the end of an epoch.
struct Failing {
    step: u64,
    epoch: usize,
}

impl Callback for Failing {
    fn on_train_begin(&mut self, _: &mut TrainerState<'_>) -> Result<()> {
        match self.step {
            0 => Err(Error::value("no step to fail at")),
            _ => Ok(()),
        }
    }

    fn on_step_end(&mut self, run: &mut TrainerState<'_>) -> Result<Flow> {
        match run.step() == self.step {
            true => Err(Error::value("the power is out")),
            false => Ok(Flow::Continue),
        }
    }

    fn on_epoch_end(&mut self, run: &mut TrainerState<'_>) -> Result<Flow> {
        match run.epoch() == self.epoch {
            true => Err(Error::value("the disk is full")),
            false => Ok(Flow::Continue),
        }
    }

    fn settings(&self) -> String {
        "failing".to_owned()
    }
}

#[test]
fn one_that_fails_is_named_and_the_run_can_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let run = |step, epoch| fit(plain().callback(Failing { step, epoch }).checkpoint_in(path));
    let text = |step, epoch| run(step, epoch).unwrap_err().to_string();
    assert_eq!(text(0, 0), "callback Failing: no step to fail at");
    assert_eq!(text(8, 0), "epoch 2, batch 3: callback Failing: the power is out");
    assert_eq!(text(u64::MAX, 3), "epoch 3, batch 5: callback Failing: the disk is full");
    // Each time what was saved is whole.
    assert_eq!(run(u64::MAX, 0).unwrap(), fit(plain()).unwrap());
}

#[test]
fn other_callbacks_and_broken_states_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let with = |trainer: Trainer| fit(trainer.epochs(1).checkpoint_in(folder.path()));
    with(plain().early_stopping(3).callback(Restless::default())).unwrap();
    let path = folder.path().join("checkpoint.bin");
    let hint = "give the new run another folder, or begin anew in this one: \
                `overwrite(true)`, in the command `--overwrite`";
    assert_eq!(
        with(plain().early_stopping(4).callback(Restless::default())).unwrap_err().to_string(),
        format!(
            "{}: this is the run of other settings: callbacks was \
             EarlyStopping {{ patience: 3 }}, restless, is EarlyStopping {{ patience: 4 }}, restless; {hint}",
            path.display()
        ),
    );

    /// Calls itself as another does, and can't read its state.
    struct Impostor;
    impl Callback for Impostor {
        fn settings(&self) -> String {
            "restless".to_owned()
        }

        fn load_state(&mut self, _: CallbackState) -> Result<()> {
            Err(Error::data("this is no state of mine"))
        }
    }
    assert_eq!(
        with(plain().early_stopping(3).callback(Impostor)).unwrap_err().to_string(),
        format!("{}: callback Impostor: this is no state of mine", path.display()),
    );
}

#[test]
fn senseless_ones_are_refused_before_the_first_step() {
    let (train, valid) = data();
    let mut model = net();
    let before = weights(&model);
    let trainer = trainer().early_stopping(0).loss(cross_entropy);
    assert_eq!(
        trainer.fit(&mut model, &train, &valid).err().unwrap().to_string(),
        "callback EarlyStopping: the patience is 0; it should be 1 or more",
    );
    assert_eq!(weights(&model), before);
}
