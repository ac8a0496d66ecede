//! One token file for several clients, as several processes would share it.

use std::{
    fs,
    path::Path,
    time::{Duration, SystemTime},
};

use stratustexting::{
    AccessToken, Client,
    auth::{FileTokenStore, Token, TokenStore},
};

use crate::{
    login::logged_in_with,
    support::{Watched, call, one_refresh_per_expiry},
};

fn client(sandbox: &Watched, store: FileTokenStore) -> Client {
    let builder = sandbox.builder().credentials(sandbox.user());
    builder.token_store(store).build().unwrap()
}

fn expiring(access: &AccessToken, at: SystemTime) -> Token {
    Token::new(access.clone())
        .with_refresh("unknown")
        .with_expiry(at)
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_share_a_file_make_one_refresh_per_expiry() {
    let sandbox = Watched::strict().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token.json");
    logged_in_with(&sandbox, FileTokenStore::new(&path)).await;
    let clients: Vec<Client> = (0..4)
        .map(|_| client(&sandbox, FileTokenStore::new(&path)))
        .collect();

    one_refresh_per_expiry(&sandbox, &clients).await;
    assert_eq!(names(folder.path()), ["token.json", "token.json.lock"]);
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_means_the_file_to_which_it_leads() {
    let folder = tempfile::tempdir().unwrap();
    let (real, link) = (folder.path().join("real"), folder.path().join("link"));
    let by_link = FileTokenStore::new(&link).lock_wait(Duration::ZERO);
    let store = FileTokenStore::new(&real);
    let token = |access: &str| Token::new(AccessToken::new(access).unwrap());
    store.save(&token("first")).await.unwrap();
    std::os::unix::fs::symlink(&real, &link).unwrap();

    let lock = store.lock().await.unwrap();
    assert!(by_link.lock().await.is_err(), "one file has one lock");
    drop(lock);
    by_link.save(&token("second")).await.unwrap();

    let read = store.load().await.unwrap().unwrap();
    assert_eq!(read.access().expose(), "second");
    assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
}

#[cfg(unix)]
#[tokio::test]
async fn the_lock_file_is_the_owners_and_holds_nothing() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let store = FileTokenStore::new(folder.path().join("new/token.json"));

    let lock = store.lock().await.unwrap();

    let file = fs::metadata(folder.path().join("new/token.json.lock")).unwrap();
    assert_eq!(file.permissions().mode() & 0o777, 0o600);
    assert_eq!(file.len(), 0);
    assert!(store.load().await.unwrap().is_none());
    drop(lock);
}

#[tokio::test]
async fn a_lock_that_is_held_too_long_is_an_error_and_nothing_is_sent() {
    let sandbox = Watched::strict().await;
    let folder = tempfile::tempdir().unwrap();
    let store = FileTokenStore::new(folder.path().join("token.json"));
    let first = logged_in_with(&sandbox, store.clone()).await;
    let hasty = client(&sandbox, store.clone().lock_wait(Duration::ZERO));
    call(&hasty).await.unwrap();
    let (requests, calls) = (sandbox.token_requests().len(), sandbox.calls().len());

    let lock = store.lock().await.unwrap();
    let old = first.auth().access_token().await.unwrap();
    let over = SystemTime::now() - Duration::from_secs(1);
    store.save(&expiring(&old, over)).await.unwrap();
    let late = client(&sandbox, store.clone().lock_wait(Duration::ZERO));
    let error = call(&late).await.unwrap_err();

    assert!(!error.may_have_been_sent());
    let source = std::error::Error::source(&error).unwrap();
    assert!(source.to_string().contains("lock"), "{source}");
    // The lock's holder stores a token, and then the lock doesn't matter any more.
    let later = SystemTime::now() + Duration::from_secs(3_600);
    store.save(&expiring(&old, later)).await.unwrap();
    call(&late).await.unwrap();
    drop(lock);
    assert_eq!(sandbox.token_requests().len(), requests);
    assert_eq!(sandbox.calls().len(), calls + 1);
}

#[tokio::test]
async fn a_token_that_is_still_good_outlives_a_lock_that_is_held() {
    let sandbox = Watched::start().await;
    let access = sandbox.client().auth().access_token().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let store = FileTokenStore::new(folder.path().join("token.json"));
    let soon = SystemTime::now() + Duration::from_secs(10);
    store.save(&expiring(&access, soon)).await.unwrap();
    let _lock = store.lock().await.unwrap();
    let client = client(&sandbox, store.clone().lock_wait(Duration::ZERO));

    call(&client).await.unwrap();

    assert_eq!(sandbox.token_requests().len(), 1);
}

#[tokio::test]
async fn a_call_waits_for_a_renewal_only_as_long_as_its_token_is_good() {
    let sandbox = Watched::start().await;
    let access = sandbox.client().auth().access_token().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let store = FileTokenStore::new(folder.path().join("token.json"));
    let soon = SystemTime::now() + Duration::from_secs(8);
    store.save(&expiring(&access, soon)).await.unwrap();
    let _lock = store.lock().await.unwrap();
    // A renewal that outlasts the call: a call that waited for its end would get nothing.
    let for_ever = Duration::from_secs(3_600);
    let client = client(&sandbox, store.clone().lock_wait(for_ever));

    call(&client).await.unwrap();

    assert_eq!(sandbox.token_requests().len(), 1);
}

#[tokio::test]
async fn a_call_given_up_anywhere_leaves_a_token_and_no_lock() {
    let sandbox = Watched::strict().await;
    let folder = tempfile::tempdir().unwrap();
    let store = FileTokenStore::new(folder.path().join("token.json"));
    let client = logged_in_with(&sandbox, store.clone()).await;

    for polls in 1..40 {
        let before = sandbox.token_requests().len();
        sandbox.expire_access_tokens();
        {
            let mut given_up = Box::pin(call(&client));
            for _ in 0..polls {
                if futures::poll!(&mut given_up).is_ready() {
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
        assert!(store.load().await.unwrap().is_some());
        call(&client).await.unwrap();

        assert_eq!(sandbox.token_requests().len() - before, 1, "{polls} polls");
    }
    drop(store.lock().await.unwrap());
    assert_eq!(names(folder.path()), ["token.json", "token.json.lock"]);
}
