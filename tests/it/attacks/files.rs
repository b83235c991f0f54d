//! Directories that another user has prepared for a daemon that runs as root.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::Path;

use nix::unistd::{User, geteuid};
use tempfile::TempDir;
use wiresift::store::embedded::{Cluster, ClusterSettings};

async fn start(dir: &Path) -> Result<Cluster, String> {
    let settings = ClusterSettings::private(dir.into(), false);
    Cluster::start(settings).await.map_err(|error| error.to_string())
}

fn place() -> TempDir {
    let dir = TempDir::with_prefix("wiresift-attack-").unwrap();
    fs::set_permissions(dir.path(), Permissions::from_mode(0o711)).unwrap();
    dir
}

#[tokio::test]
#[ignore = "needs root"]
async fn a_directory_of_another_user_is_refused_and_its_links_are_not_followed() {
    assert!(geteuid().is_root(), "needs root");
    let nobody = User::from_name("nobody").unwrap().unwrap();
    let home = place();
    let (dir, victim) = (home.path().join("postgres"), home.path().join("victim"));
    fs::write(&victim, "precious").unwrap();
    fs::create_dir(&dir).unwrap();
    fs::write(dir.join("wiresift-cluster"), "").unwrap();
    for name in ["lock", "server.log", "server.log.1", "postgresql.conf"] {
        symlink(&victim, dir.join(name)).unwrap();
    }
    chown(&dir, Some(nobody.uid.as_raw()), Some(nobody.gid.as_raw())).unwrap();
    let refusal = start(&dir).await.unwrap_err();
    assert!(refusal.contains(&dir.display().to_string()) && refusal.contains("chown"), "{refusal}");
    assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");

    // The owner has made the directory ours, and left the links.
    chown(&dir, Some(0), Some(0)).unwrap();
    let refusal = start(&dir).await.unwrap_err();
    assert!(refusal.contains("lock"), "{refusal}");
    assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
}

#[tokio::test]
async fn a_link_in_place_of_the_lock_is_refused() {
    let home = place();
    let (dir, victim) = (home.path().join("postgres"), home.path().join("victim"));
    fs::write(&victim, "precious").unwrap();
    fs::create_dir(&dir).unwrap();
    fs::write(dir.join("wiresift-cluster"), "").unwrap();
    symlink(&victim, dir.join("lock")).unwrap();
    let refusal = start(&dir).await.unwrap_err();
    assert!(refusal.contains("lock"), "{refusal}");
    assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
}

#[tokio::test]
async fn files_of_the_cluster_are_closed_to_others() {
    let home = place();
    let dir = home.path().join("postgres");
    let cluster = start(&dir).await.unwrap();
    for name in ["lock", "server.log", "wiresift-cluster"] {
        let meta = fs::metadata(dir.join(name)).unwrap();
        assert_eq!((meta.mode() & 0o077, meta.uid()), (0, geteuid().as_raw()), "{name}");
    }
    cluster.stop().await.unwrap();
}
