//! Machines and their states on their way to and from storage.

#![allow(missing_docs, reason = "the machines are only stored")]

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use statemachine::{Machine, StateMachine};

#[derive(StateMachine, Serialize, Deserialize, PartialEq, Debug)]
enum Job {
    #[state(initial, to(Running))]
    Queued,
    #[state(to(Queued, Failed))]
    Running(u32),
    #[state(to(Queued))]
    Failed { error: String, tries: u32 },
}

#[derive(StateMachine, Serialize, Deserialize, Clone, Copy, PartialEq, Debug)]
enum Door {
    #[state(to(Closed))]
    Open,
    #[state(to(Open))]
    Closed,
}

/// Neither `Serialize` nor `Deserialize`.
#[derive(StateMachine)]
enum Opaque {
    #[state(to(Full))]
    Empty,
    #[state(to(Empty))]
    Full(std::thread::ThreadId),
}

#[derive(StateMachine, Serialize, Deserialize)]
enum Slot<'a, T: Clone, const N: usize>
where
    T: PartialEq,
{
    #[state(to(Full))]
    Empty,
    #[state(to(Empty, Named))]
    Full(Vec<T>),
    #[state(to(Empty))]
    Named(&'a str),
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap()
}

fn error<T: DeserializeOwned>(text: &str) -> String {
    match serde_json::from_str::<T>(text) {
        Ok(_) => panic!("`{text}` is refused"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_kind_is_its_name() {
    for (kind, text) in [
        (JobKind::Queued, r#""Queued""#),
        (JobKind::Running, r#""Running""#),
        (JobKind::Failed, r#""Failed""#),
    ] {
        assert_eq!(json(&kind), text);
        assert_eq!(serde_json::from_str::<JobKind>(text).unwrap(), kind);
    }
}

#[test]
fn a_kind_may_come_as_a_key_and_in_one_piece_or_escaped() {
    let counts = std::collections::BTreeMap::from([(JobKind::Running, 2), (JobKind::Queued, 1)]);
    let text = json(&counts);
    assert_eq!(text, r#"{"Queued":1,"Running":2}"#);
    assert_eq!(
        serde_json::from_str::<std::collections::BTreeMap<JobKind, u32>>(&text).unwrap(),
        counts
    );
    assert_eq!(serde_json::from_str::<JobKind>(r#""\u0051ueued""#).unwrap(), JobKind::Queued);
    assert_eq!(serde_json::from_reader::<_, JobKind>(&b"\"Queued\""[..]).unwrap(), JobKind::Queued);
}

#[test]
fn an_unknown_name_is_an_error_that_lists_the_names() {
    let known = "Job has no state `queued`; its states are Queued, Running, Failed";
    assert!(error::<JobKind>(r#""queued""#).starts_with(known));
    let expected = "expected the name of a state of Job: Queued, Running, Failed";
    assert!(error::<JobKind>("5").contains(expected), "{}", error::<JobKind>("5"));
    assert!(error::<Door>(r#""Ajar""#).contains("`Open` or `Closed`"));
    assert!(error::<DoorMachine>(r#""Ajar""#).contains("`Open` or `Closed`"));
}

#[test]
fn a_machine_is_what_its_state_is() {
    let states = || {
        let error = "no route".to_owned();
        [Job::Queued, Job::Running(7), Job::Failed { error, tries: 3 }]
    };
    for (state, same) in states().into_iter().zip(states()) {
        let text = json(&same);
        let machine = JobMachine::from_state(state);
        assert_eq!(json(&machine), text);
        assert_eq!(json(&*machine), text, "the generic machine too");
        let restored: JobMachine = serde_json::from_str(&text).unwrap();
        assert_eq!(restored.into_state(), same);
        let restored: Machine<Job> = serde_json::from_str(&text).unwrap();
        assert_eq!(restored.into_state(), same);
    }
}

#[test]
fn a_restored_machine_goes_on() {
    let machine: DoorMachine = serde_json::from_str(r#""Closed""#).unwrap();
    machine.closed_to_open().try_commit().unwrap();
    assert_eq!(json(&machine), r#""Open""#);
}

#[test]
fn a_machine_in_a_field_is_derived_with_the_rest() {
    #[derive(Serialize, Deserialize)]
    struct House {
        door: DoorMachine,
        jobs: Vec<JobMachine>,
    }
    let text = r#"{"door":"Closed","jobs":[{"Running":1},"Queued"]}"#;
    let house: House = serde_json::from_str(text).unwrap();
    assert!(house.door.is_closed() && house.jobs[0].is_running());
    assert_eq!(json(&house), text);
}

#[test]
fn parameters_lifetimes_and_bounds_are_no_obstacle() {
    let text = r#"{"Named":"borrowed"}"#.to_owned();
    let slot: SlotMachine<'_, u8, 3> = serde_json::from_str(&text).unwrap();
    assert_eq!(*slot.in_named().now().unwrap(), "borrowed");
    assert_eq!(json(&slot), text);
    let slot = SlotMachine::<'_, u8, 3>::from_state(Slot::Full(vec![1, 2]));
    assert_eq!(json(&slot), r#"{"Full":[1,2]}"#);
}

#[test]
fn while_a_transition_is_under_way_there_is_no_state_to_serialize() {
    let machine = JobMachine::new();
    let running = machine.queued_to_running().now().unwrap();
    let error = serde_json::to_string(&machine).unwrap_err();
    assert_eq!(error.to_string(), "another transition of Job is under way");
    running.rollback();
    assert_eq!(json(&machine), r#""Queued""#);
    assert!(!machine.is_in_transition());
    machine.queued_to_running().now().unwrap().rollback();
}

#[test]
fn the_state_is_held_while_it_is_serialized() {
    #[derive(StateMachine)]
    enum Nested {
        #[state(to(Nested))]
        Nested(Probe),
    }
    impl Serialize for Nested {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let Self::Nested(probe) = self;
            serializer.serialize_str(&(probe.0)())
        }
    }
    struct Probe(Box<dyn Fn() -> String + Send + Sync>);

    let outer = std::sync::Arc::new(NestedMachine::new(Probe(Box::new(|| "first".to_owned()))));
    let inner = std::sync::Arc::downgrade(&outer);
    let probe = Probe(Box::new(move || {
        let machine = inner.upgrade().unwrap();
        let refused = machine.nested_to_nested().now().map(drop).unwrap_err();
        refused.to_string()
    }));
    drop(outer.nested_to_nested().try_commit_with(probe).unwrap());
    assert_eq!(json(&*outer), r#""Nested is held in Nested by 1 holder""#);
    outer.nested_to_nested().now().unwrap().rollback();
}

mod by_name {
    use super::{
        Deserialize, DoorMachine, JobMachine, Opaque, OpaqueMachine, Serialize, error, json,
    };

    #[derive(Serialize, Deserialize)]
    struct Stored {
        #[serde(with = "statemachine::by_name")]
        opaque: OpaqueMachine,
        #[serde(with = "statemachine::by_name")]
        door: DoorMachine,
        #[serde(with = "statemachine::by_name")]
        job: JobMachine,
    }

    #[test]
    fn a_state_without_data_is_restored() {
        let text = r#"{"opaque":"Empty","door":"Closed","job":"Queued"}"#;
        let stored: Stored = serde_json::from_str(text).unwrap();
        assert!(stored.opaque.is_empty() && stored.door.is_closed() && stored.job.is_queued());
        assert_eq!(json(&stored), text);
    }

    #[test]
    fn a_name_is_written_of_a_state_with_data_and_in_transition_too() {
        let stored = Stored {
            opaque: OpaqueMachine::from_state(Opaque::Full(std::thread::current().id())),
            door: DoorMachine::new(),
            job: JobMachine::new(),
        };
        let opening = stored.door.open_to_closed().now().unwrap();
        assert_eq!(json(&stored), r#"{"opaque":"Full","door":"Open","job":"Queued"}"#);
        drop(opening);
    }

    #[test]
    fn what_cannot_be_restored_is_an_error_that_lists_the_names() {
        let with = |door: &str, job: &str| {
            format!(r#"{{"opaque":"Empty","door":"{door}","job":"{job}"}}"#)
        };
        let unknown = error::<Stored>(&with("Ajar", "Queued"));
        assert!(unknown.starts_with("Door has no state `Ajar`; its states are Open, Closed"));
        let full = error::<Stored>(&with("Open", "Running"));
        assert!(full.starts_with("`Running` of Job has data; the states without are Queued"));
    }
}

#[test]
fn a_machine_is_restored_from_a_kind_without_data_only() {
    let kind: JobKind = serde_json::from_str(r#""Queued""#).unwrap();
    assert!(JobMachine::from_kind(kind).unwrap().is_queued());
    let error = JobMachine::from_kind(JobKind::Failed).unwrap_err();
    assert_eq!((error.state(), error.dataless()), ("Failed", &["Queued"][..]));
    assert!(Machine::<Door>::from_kind(Door::Closed).unwrap().state() == Door::Closed);
}

#[test]
fn a_declaration_in_a_function_is_serialized_too() {
    #[derive(StateMachine, Serialize, Deserialize, PartialEq, Debug)]
    enum Lamp {
        #[state(to(On))]
        Off,
        #[state(to(Off))]
        On(u8),
    }
    let lamp: LampMachine = serde_json::from_str(r#"{"On":3}"#).unwrap();
    assert_eq!(json(&lamp.state()), r#""On""#);
    assert_eq!(lamp.into_state(), Lamp::On(3));
}

/// Fields with types of all kinds, and none that `serde` is told about.
#[derive(StateMachine, Serialize, Deserialize, PartialEq, Debug)]
enum Parcel<T: PartialEq> {
    #[state(to(Sent))]
    Packed { weight: u32, note: Option<String>, r#type: T },
    #[state(terminal)]
    Sent,
}

#[test]
fn the_struct_of_a_variants_fields_is_written_and_read_as_by_the_derive() {
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct ByTheDerive {
        weight: u32,
        note: Option<String>,
        r#type: Vec<u8>,
    }

    let data = ParcelPacked { weight: 7, note: None, r#type: vec![1, 2] };
    let like = ByTheDerive { weight: 7, note: None, r#type: vec![1, 2] };
    assert_eq!(json(&data), json(&like));
    for text in [
        r#"{"weight":7,"note":null,"type":[1,2]}"#,
        r#"{"type":[1,2],"weight":7}"#,
        r#"{"type":[1,2],"more":{"a":[]},"weight":7}"#,
        r#"[7,null,[1,2]]"#,
    ] {
        assert_eq!(serde_json::from_str::<ParcelPacked<Vec<u8>>>(text).unwrap(), data, "{text}");
        assert_eq!(serde_json::from_str::<ByTheDerive>(text).unwrap(), like, "{text}");
    }
    for text in [
        r#"{"weight":7}"#,
        r#"{"weight":7,"weight":8,"type":[]}"#,
        r#"{"weight":"7","type":[]}"#,
        r#"[7]"#,
        r#"{"weight":7,"type":[],}"#,
        r#""Packed""#,
    ] {
        let expected = error::<ByTheDerive>(text).replace("ByTheDerive", "ParcelPacked");
        assert_eq!(error::<ParcelPacked<Vec<u8>>>(text), expected, "{text}");
    }
}

#[test]
fn the_struct_of_a_variants_fields_is_not_serialized_where_serde_is_told_about_them() {
    #[derive(StateMachine, Serialize, Deserialize)]
    enum Renamed {
        #[state(to(Free))]
        Taken {
            #[serde(rename = "owner")]
            by: String,
        },
        #[state(to(Taken, Kept))]
        Free,
        #[state(to(Free))]
        Kept { by: String },
    }
    #[derive(StateMachine)]
    enum Plain {
        #[state(to(Closed))]
        Open { by: String },
        #[state(to(Open))]
        Closed,
    }
    static_assertions::assert_not_impl_any!(RenamedTaken: Serialize, DeserializeOwned);
    static_assertions::assert_impl_all!(RenamedKept: Serialize, DeserializeOwned);
    static_assertions::assert_not_impl_any!(PlainOpen: Serialize, DeserializeOwned);
}

mod a_kind_with_its_own {
    //! A kind that derives the traits has these, with or without this library's.

    use serde::{Deserialize, Serialize};
    use statemachine::StateMachine;

    #[derive(StateMachine)]
    #[machine(kind_derive(Serialize, Deserialize), kind_attr(serde(rename_all = "lowercase")))]
    enum Slot {
        #[state(to(Full))]
        Empty,
        #[state(to(Empty))]
        Full(u32),
    }

    #[test]
    fn what_the_kind_derives_is_what_it_has() {
        let slot = SlotMachine::from_state(Slot::Full(1));
        let text = serde_json::to_string(&slot.state()).unwrap();
        assert_eq!(text, r#""full""#);
        assert_eq!(serde_json::from_str::<SlotKind>(&text).unwrap(), SlotKind::Full);
        assert_eq!(slot.full_to_empty().try_commit().unwrap(), 1);
    }
}
