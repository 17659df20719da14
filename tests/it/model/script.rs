//! What a script says, and who plays it on a machine and on the model.

use std::time::Duration;

use proptest::{
    prelude::*,
    sample::{Index, select, subsequence},
};
use statemachine_tests::{
    driver::{Answer, BoxAsk, BoxHold, BoxRight, BoxWait, Driven, Failed, Had},
    plain::{self, No, Plain, Shape, Source, What},
    polling::Task,
};

use super::queue::{Id, Model};

/// How it is asked.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Verb {
    Now,
    /// With a limit that is no try but is over at once.
    Within,
    Await,
}

#[derive(Clone, Debug)]
pub(crate) enum Op {
    Commit(Source, &'static str),
    Ask(Verb, What),
    Upgrade(Verb, Index, &'static str),
    Poll(Index),
    GiveUp(Index),
    EndWithCommit,
    EndWithEnter,
    EndWithRun { ok: bool },
    RollBack,
    Again(Index),
    LetGo(Index),
}

pub(crate) fn op(shape: &'static Shape) -> impl Strategy<Value = Op> {
    let verb =
        || prop_oneof![2 => Just(Verb::Now), 1 => Just(Verb::Within), 3 => Just(Verb::Await)];
    let index = any::<Index>;
    prop_oneof![
        3 => step(shape).prop_map(|(from, to)| Op::Commit(from, to)),
        10 => (verb(), what(shape)).prop_map(|(verb, what)| Op::Ask(verb, what)),
        3 => (verb(), index(), select(shape.states)).prop_map(|(v, hold, to)| Op::Upgrade(v, hold, to)),
        4 => index().prop_map(Op::Poll),
        2 => index().prop_map(Op::GiveUp),
        2 => Just(Op::EndWithCommit),
        1 => Just(Op::EndWithEnter),
        1 => any::<bool>().prop_map(|ok| Op::EndWithRun { ok }),
        2 => Just(Op::RollBack),
        1 => index().prop_map(Op::Again),
        5 => index().prop_map(Op::LetGo),
    ]
}

/// Mostly a declared transition: what is not declared is not asked for.
fn step(shape: &'static Shape) -> impl Strategy<Value = (Source, &'static str)> {
    let reset = shape.reset.unwrap_or(shape.states[0]);
    prop_oneof![
        5 => select(shape.transitions).prop_map(|(from, to)| (Source::One(from), to)),
        2 => select(shape.states).prop_map(|to| (Source::Declared, to)),
        1 => Just((Source::Anywhere, reset)),
    ]
}

fn what(shape: &'static Shape) -> impl Strategy<Value = What> {
    let states = || subsequence(shape.states, 0..=shape.states.len());
    prop_oneof![
        4 => step(shape).prop_map(|(from, to)| What::Transition(from, to)),
        2 => step(shape).prop_map(|(from, to)| What::Join(from, to)),
        4 => select(shape.states).prop_map(|state| What::Hold(Some(state))),
        1 => Just(What::Hold(None)),
        2 => states().prop_map(What::HoldOneOf),
        1 => states().prop_map(What::When),
    ]
}

type Checked<T = ()> = Result<T, TestCaseError>;

/// Plays a script on a machine and on the model.
pub(crate) struct Player<'m, D: Driven> {
    machine: &'m D::Machine,
    model: Model,
    right: Option<(BoxRight<'m>, &'static str)>,
    holds: Vec<BoxHold<'m>>,
    tasks: Vec<Waiting<'m>>,
}

struct Waiting<'m> {
    task: Task<BoxWait<'m>>,
    what: What,
    id: Id,
}

impl<'m, D: Driven> Player<'m, D> {
    pub(crate) fn new(machine: &'m D::Machine, start: &'static str) -> Self {
        let model = Model::new(Plain::new(D::SHAPE, start, 0));
        Self { machine, model, right: None, holds: Vec::new(), tasks: Vec::new() }
    }

    pub(crate) fn play(&mut self, op: Op, data: u32) -> Checked {
        match op {
            Op::Commit(from, to) => {
                let Some(answer) = D::commit(self.machine, from, to, data) else { return Ok(()) };
                let expected = match self.model.now(&What::Transition(from, to)) {
                    Ok(_) => Ok(self.model.commit(to, data)),
                    Err(no) => Err(no),
                };
                prop_assert_eq!(answer, expected);
            }
            Op::Ask(verb, what) => {
                if let Some(handle) = D::ask(self.machine, &what) {
                    self.ask(verb, handle, what)?;
                }
            }
            Op::Upgrade(verb, index, to) => {
                if let Some(hold) = pick(&mut self.holds, index) {
                    match hold.leave(to) {
                        Ok(handle) => self.ask(verb, handle, What::Upgrade(to))?,
                        Err(hold) => self.holds.push(hold),
                    }
                }
            }
            Op::Poll(index) => {
                if let Some(mut waiting) = pick(&mut self.tasks, index) {
                    match (waiting.task.poll(), self.model.claim(waiting.id)) {
                        (None, None) => self.tasks.push(waiting),
                        (Some(answer), Some(expected)) => {
                            self.take(answer, expected, &waiting.what)?;
                        }
                        (answer, expected) => {
                            let answer = answer.map(|answer| plain(&answer));
                            prop_assert_eq!(answer, expected, "{:?}", waiting.what);
                        }
                    }
                }
            }
            Op::GiveUp(index) => {
                if let Some(waiting) = pick(&mut self.tasks, index) {
                    self.give_up(waiting);
                }
            }
            Op::EndWithCommit => {
                if let Some((right, to)) = self.right.take() {
                    prop_assert_eq!(right.commit(data), self.model.commit(to, data));
                }
            }
            Op::EndWithEnter => {
                if let Some((right, to)) = self.right.take() {
                    let hold = right.enter(data);
                    self.model.enter(to, data);
                    prop_assert_eq!(hold.seen(), self.model.plain().data());
                    self.holds.push(hold);
                }
            }
            Op::EndWithRun { ok } => {
                if let Some((right, to)) = self.right.take() {
                    let answer = right.run(ok.then_some(data));
                    let expected = if ok {
                        Ok(self.model.commit(to, data))
                    } else {
                        self.model.roll_back();
                        Err(Failed)
                    };
                    prop_assert_eq!(answer, expected);
                }
            }
            Op::RollBack => {
                if let Some((right, _)) = self.right.take() {
                    drop(right);
                    self.model.roll_back();
                }
            }
            Op::Again(index) => {
                if !self.holds.is_empty() {
                    let again = self.holds[index.index(self.holds.len())].again();
                    self.model.hold_once_more();
                    self.holds.push(again);
                }
            }
            Op::LetGo(index) => {
                if let Some(hold) = pick(&mut self.holds, index) {
                    drop(hold);
                    self.model.let_go();
                }
            }
        }
        Ok(())
    }

    fn ask(&mut self, verb: Verb, handle: BoxAsk<'m>, what: What) -> Checked {
        match verb {
            Verb::Now => {
                let expected = self.model.now(&what);
                self.take(handle.now(), expected, &what)
            }
            Verb::Within => {
                let answer = handle.within(Duration::from_nanos(1));
                let expected = self.model.wait(&what).unwrap_or_else(|id| {
                    self.model.give_up(id);
                    Err(No::TimedOut(self.model.plain().state()))
                });
                self.take(answer, expected, &what)
            }
            Verb::Await => {
                let mut task = Task::new(handle.wait());
                match (task.poll(), self.model.wait(&what)) {
                    (Some(answer), Ok(expected)) => self.take(answer, expected, &what),
                    (None, Err(id)) => {
                        self.tasks.push(Waiting { task, what, id });
                        Ok(())
                    }
                    (Some(answer), Err(_)) => {
                        let answer = plain(&answer);
                        Err(TestCaseError::fail(format!("does not wait for {what:?}: {answer:?}")))
                    }
                    (None, Ok(expected)) => {
                        Err(TestCaseError::fail(format!("waits for {what:?}, not {expected:?}")))
                    }
                }
            }
        }
    }

    fn give_up(&mut self, Waiting { task, what, id }: Waiting<'m>) {
        let holds_on = matches!(what, What::Upgrade(_)) && !self.model.is_told(id);
        drop(task);
        self.model.give_up(id);
        if holds_on {
            self.model.let_go();
        }
    }

    /// Keeps what was had, which must be what the model says.
    fn take(
        &mut self,
        answer: Answer<'m>,
        expected: Result<plain::Had, No>,
        what: &What,
    ) -> Checked {
        prop_assert_eq!(plain(&answer), expected, "{:?}", what);
        match answer {
            Ok(Had::Right(right)) => {
                let (What::Transition(_, to) | What::Join(_, to) | What::Upgrade(to)) = what else {
                    return Err(TestCaseError::fail(format!("a right for {what:?}")));
                };
                self.right = Some((right, to));
            }
            Ok(Had::Hold(hold)) => self.holds.push(hold),
            Ok(Had::Seen(_)) => {}
            Err((_, held)) => {
                prop_assert_eq!(held.is_some(), matches!(what, What::Upgrade(_)));
                self.holds.extend(held);
            }
        }
        Ok(())
    }

    /// What can be seen without asking.
    pub(crate) fn compare(&self) -> Checked {
        let model = self.model.plain();
        prop_assert_eq!(D::state(self.machine), model.state());
        for state in D::SHAPE.states {
            prop_assert_eq!(D::is_in(self.machine, state), model.state() == *state);
        }
        prop_assert_eq!(D::is_in_transition(self.machine), model.is_in_transition());
        for Waiting { task, what, id } in &self.tasks {
            let wakes = usize::from(self.model.is_told(*id));
            prop_assert_eq!(task.wakes(), wakes, "{:?} in {:?}", what, self.model);
        }
        for hold in &self.holds {
            prop_assert_eq!(hold.seen(), model.data());
        }
        if let Some((right, _)) = &self.right {
            prop_assert_eq!(right.seen(), model.data());
        }
        Ok(())
    }

    /// Lets go of everything, after which nothing may be left; the state and its data.
    pub(crate) fn end(mut self) -> Checked<(&'static str, Option<u32>)> {
        while let Some(waiting) = self.tasks.pop() {
            self.give_up(waiting);
        }
        self.play(Op::RollBack, 0)?;
        while let Some(hold) = self.holds.pop() {
            drop(hold);
            self.model.let_go();
        }
        self.compare()?;
        let model = self.model.plain();
        prop_assert!(!model.is_in_transition() && model.holders() == 0);
        let held = D::ask(self.machine, &What::Hold(None)).expect("always there").now();
        prop_assert!(held.is_ok());
        Ok((model.state(), model.data()))
    }
}

fn plain(answer: &Answer<'_>) -> Result<plain::Had, No> {
    answer.as_ref().map(Had::plain).map_err(|(refused, _)| No::from(refused))
}

fn pick<T>(all: &mut Vec<T>, index: Index) -> Option<T> {
    if all.is_empty() { None } else { Some(all.swap_remove(index.index(all.len()))) }
}
