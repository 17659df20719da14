//! Every shape of enum that can be stored.

use std::{error::Error, fmt::Debug};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use statemachine::{
    StateMachine,
    stored::{At, Failed, InTransition, Machines, Store, Stored, sqlite::Sqlite},
};

/// One of each.
#[derive(StateMachine, Serialize, Deserialize, Debug, PartialEq)]
#[machine(stored = "mixed", reset, group(Ended = Named | Pair))]
#[serde(tag = "kind", content = "value")]
enum Mixed {
    /// The one.
    #[state(to(Pair))]
    One(String),
    /// Two.
    #[state(to(Named, Unit), stored = "two of them")]
    Pair(u8, String),
    /// Has fields.
    #[state(to(Unit), name = finished)]
    Named {
        /// A field with docs.
        error: String,
        /// A field whose name is a keyword.
        r#type: u8,
    },
    /// Has none.
    #[state(to(Braces))]
    Unit,
    /// Has none either.
    #[state(terminal)]
    r#Braces {},
}

#[test]
fn a_machine_and_its_states_have_names_in_the_store() {
    assert_eq!(Mixed::MACHINE, "mixed");
    assert_eq!(Mixed::STORED, ["One", "two of them", "Named", "Unit", "Braces"]);
}

/// The methods that are generated, with what they give.
async fn mixed<St: Store>(machine: &MixedStored<St>) -> Result<(), Failed<St::Error>> {
    let one: String = machine.one_to_pair().try_commit_with((1, "two".to_owned())).await?;
    let right: InTransition<mixed::Pair, mixed::Named, St> =
        machine.pair_to_finished().now().await?;
    let (left, second): (&u8, &String) = right.view();
    let data = MixedNamed { error: format!("{left}{second}{one}"), r#type: 3 };
    let left: (u8, String) = right.commit_with(data).await?;
    assert_eq!(left, (1, "two".to_owned()));
    let ended: Mixed = machine.in_ended().await?;
    assert_eq!(ended, Mixed::Named { error: "1twoone".to_owned(), r#type: 3 });
    assert_eq!(machine.when_ended().await?, MixedKind::Named);
    let named: MixedNamed = machine.finished_to_unit().try_commit().await?;
    assert_eq!(named.r#type, 3);
    let (): () = machine.in_unit().await?;
    let (): () = machine.unit_to_braces().now().await?.commit().await?;
    assert!(machine.is_braces().await? && !machine.is_ended().await?);
    let left: Mixed = machine.reset().try_commit_with(String::new()).await?;
    assert_eq!(left, Mixed::Braces {});
    machine.one_to_pair().try_commit_with((2, String::new())).await?;
    let left: Mixed = machine.ended_to_unit().try_commit().await?;
    assert_eq!(left, Mixed::Pair(2, String::new()));
    machine.reset().try_commit_with(String::new()).await?;
    let whole: Mixed = machine.hold().await?;
    assert_eq!(whole, Mixed::One(String::new()));
    let at: &At<Mixed, St> = machine;
    assert_eq!(at.key(), machine.clone().key());
    Ok(())
}

/// With parameters.
#[derive(StateMachine, Serialize, Deserialize)]
#[serde(bound = "")]
#[machine(stored)]
enum Generic<T, const N: usize = 3>
where
    T: Clone + Serialize + DeserializeOwned,
{
    #[state(to(Full))]
    Empty,
    #[state(to(Empty))]
    Full(T),
}

async fn generic<T, St>(
    machines: Machines<Generic<T, 2>, St>,
    data: T,
) -> Result<T, Failed<St::Error>>
where
    T: Clone + Serialize + DeserializeOwned + Send + 'static,
    St: Store,
{
    let machine = machines.at("key");
    machine.empty_to_full().try_commit_with(data).await?;
    machine.full_to_empty().now().await?.commit().await
}

/// With a parameter and no data.
#[derive(StateMachine, Debug)]
#[machine(stored)]
enum Counted<const N: usize> {
    #[state(to(Two))]
    One,
    #[state(to(One))]
    Two,
}

async fn counted<const N: usize, St: Store>(
    machine: CountedStored<St, N>,
) -> Result<(), Failed<St::Error>> {
    machine.one_to_two().try_commit().await
}

/// Named like what the expansion might name.
#[derive(StateMachine, Serialize, Deserialize)]
#[machine(stored)]
enum St<Store> {
    #[state(to(Key))]
    At,
    #[state(to(In))]
    Key(Store),
    #[state(to(Stored))]
    In,
    #[state(to(At))]
    Stored,
}

async fn names<Kept: Store>(
    machine: StStored<Kept, String>,
) -> Result<String, Failed<Kept::Error>> {
    machine.at_to_key().try_commit_with("kept".to_owned()).await?;
    machine.key_to_in().try_commit().await
}

#[test]
fn machines_in_a_function_can_be_stored() {
    #[derive(StateMachine, Clone, Copy, PartialEq, Debug)]
    #[machine(stored)]
    enum Inner {
        #[state(to(On))]
        Off,
        #[state(to(Off))]
        On,
    }
    async fn switch<Kept: Store>(machine: InnerStored<Kept>) -> Result<(), Failed<Kept::Error>> {
        machine.off_to_on().try_commit().await
    }
    let moved = pollster::block_on(async {
        let machines = Machines::<Inner, _>::open(Sqlite::in_memory().await?).await?;
        machines.insert(1, Inner::Off).await?;
        is_send(switch(machines.at(1))).await?;
        Ok::<_, Box<dyn Error>>(machines.at(1).state().await?)
    });
    assert_eq!(moved.expect("the machine moves"), Inner::On);
    assert_eq!(Inner::STORED, ["Off", "On"]);
}

fn is_send<T: Send>(future: T) -> T {
    future
}

/// Each future can be sent to another thread, and does what it says.
#[test]
fn all_of_them_move() -> Result<(), Box<dyn Error>> {
    pollster::block_on(async {
        let store = Sqlite::in_memory().await?;
        let machines = Machines::<Mixed, _>::open(store.clone()).await?;
        machines.insert(1, Mixed::One("one".to_owned())).await?;
        is_send(mixed(&machines.at(1))).await?;
        assert_eq!(machines.at(1).load().await?, Mixed::One(String::new()));

        let machines = Machines::<Generic<u8, 2>, _>::open(store.clone()).await?;
        machines.insert("key", Generic::Empty).await?;
        assert_eq!(is_send(generic(machines, 7)).await?, 7);

        let machines = Machines::<Counted<2>, _>::open(store.clone()).await?;
        machines.insert(1, Counted::One).await?;
        is_send(counted(machines.at(1))).await?;

        let machines = Machines::<St<String>, _>::open(store).await?;
        machines.insert(1, St::At).await?;
        assert_eq!(is_send(names(machines.at(1))).await?, "kept");
        Ok(())
    })
}
