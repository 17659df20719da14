//! The contract of stores.

use statemachine::stored::{
    conformance,
    postgres::{Options, Postgres, Table},
};

use crate::{client, server};

async fn open(url: &str, table: &str, options: Options) -> Postgres {
    Postgres::connect(url, Table::named(table), options).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_a_store() {
    let url = server::shared().url();
    conformance::check(async || open(&url, "conforming", Options::default()).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_a_store_without_listening() {
    let url = server::shared().url();
    let options = Options::default().without_listening();
    conformance::check(async || open(&url, "conforming_deaf", options.clone()).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_a_store_where_all_is_serializable() {
    let level = "options=-c%20default_transaction_isolation%3Dserializable";
    let url = format!("{}?{level}", server::shared().url());
    conformance::check(async || open(&url, "conforming_strict", Options::default()).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn claims_end_behind_their_owners_backs() {
    let url = server::shared().url();
    let client = client(&url).await;
    let end = "UPDATE conforming_lost SET until = clock_timestamp() WHERE until IS NOT NULL";
    conformance::check_lost(
        async || open(&url, "conforming_lost", Options::default()).await,
        async |_| client.batch_execute(end).await.unwrap(),
    )
    .await;
}
