//! Databases whose default isolation level lets statements fail.

use statemachine_tests::hang;

use crate::{Job, jobs_at, running, server, short};

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_to_serialize_is_repeated() {
    let _hang = hang::detector("what_fails_to_serialize_is_repeated");
    for level in ["serializable", "repeatable%20read"] {
        let level = format!(
            "options=-c%20default_transaction_isolation%3D{}",
            level.replace("%20", "%5C%20")
        );
        let url = format!("{}?{level}", server::shared().url());
        let jobs = jobs_at(&url, "isolated", short().connections(8)).await;
        let key = format!("at {level}");
        jobs.insert(&key, Job::Queued).await.unwrap();
        let kept = format!("kept at {level}");
        jobs.insert(&kept, Job::Queued).await.unwrap();
        let right = jobs.at(&kept).queued_to_running().now().await.unwrap();
        let client = crate::client(&url).await;
        let shown = client.query_one("SHOW default_transaction_isolation", &[]).await.unwrap();
        assert_ne!(shown.get::<_, &str>(0), "read committed");
        let mut tasks = Vec::new();
        for player in 0..8 {
            let job = jobs.at(&key);
            tasks.push(tokio::spawn(async move {
                let mut wins = 0;
                for _ in 0..40 {
                    // Refused, or done; nobody hears of failures to serialize.
                    let moved = job.queued_to_running().try_commit_with(running("me")).await;
                    match moved {
                        Ok(()) => wins += 1,
                        Err(failed) => assert!(failed.refused().is_some(), "{failed}"),
                    }
                    if player % 2 == 0 {
                        match job.running_to_queued().now().await {
                            Ok(right) => drop(right.commit().await.unwrap()),
                            Err(failed) => assert!(failed.refused().is_some(), "{failed}"),
                        }
                    } else if let Err(failed) = job.running_to_queued().try_commit().await {
                        assert!(failed.refused().is_some(), "{failed}");
                    }
                }
                wins
            }));
        }
        let mut wins = 0;
        for task in tasks {
            wins += task.await.unwrap();
        }
        assert!(wins > 0);
        right.commit_with(running("me")).await.unwrap();
    }
}
