#!/bin/sh
# Runs inside the booted system, as root: goes through the life of the package as an administrator does, and writes
# "passed" to /opt/probe/result at the end. The log is the transcript. tests/package.sh starts this.
set -eu
export LC_ALL=C DEBIAN_FRONTEND=noninteractive
here=/opt/probe
lists=/etc/wiresift/feeds.toml
manual=/usr/share/doc/wiresift/deploy/README.md
unit=wiresift.service
patience=60

fail() {
    echo "FAILED: $*"
    journalctl --no-pager -o short -n 40 -u "$unit" -u second
    exit 1
}

step() { printf '\n## %s\n' "$*"; }

# Shows a command and runs it.
run() {
    echo "\$ $*"
    "$@"
}

# Shows a command and runs it; it must end with this code: ends CODE COMMAND...
ends() {
    expected=$1
    shift
    code=0
    run "$@" || code=$?
    [ "$code" = "$expected" ] || fail "$* ended with $code, not $expected"
}

# Waits until a command succeeds: await WHAT COMMAND...
await() {
    what=$1
    shift
    for _ in $(seq $((patience * 5))); do
        "$@" >/dev/null 2>&1 && return
        sleep 0.2
    done
    fail "not within $patience s: $what"
}

main_pid() { systemctl show -P MainPID "$unit"; }
is_up() { [ "$(systemctl is-active "$unit")" = active ] && wiresift status; }
has_articles() { [ "$(wiresift export | wc -l)" -eq "$1" ]; }
is_new() { [ "$(main_pid)" != "$1" ] && [ "$(main_pid)" != 0 ] && is_up; }
journal_has() { journalctl --sync && journalctl -q -o cat --no-pager -u "$unit" | grep -qF -- "$1"; }
# The processes of the database of a service: postgres_of UNIT
postgres_of() { grep -l postgres /proc/[0-9]*/comm 2>/dev/null | while read -r comm; do
    grep -qsF "/$1" "$(dirname "$comm")/cgroup" && basename "$(dirname "$comm")"
done || true; }

# Prints the code block of deploy/README.md that has this line: block LINE
block() {
    awk -v line="$1" '/^```/ { if (found) printf "%s", text; text = ""; found = 0; next }
        { text = text $0 "\n" } $0 == line { found = 1 }' "$manual" | grep . || fail "$manual has no $1"
}

list() {
    for name in "$@"; do
        printf '[[feed]]\nurl = "http://127.0.0.1:8080/%s.xml"\n\n' "$name"
    done >"$lists"
}

step "Packages enable and start the service"
ends 0 systemctl is-enabled "$unit"
await "the service starts" is_up
run systemctl show -P Type -P User -P StatusText "$unit"
ends 0 getent group wiresift-readers
ends 0 bash -c '. /usr/share/bash-completion/completions/wiresift && complete -p wiresift'
for script in zsh/vendor-completions/_wiresift fish/vendor_completions.d/wiresift.fish elvish/lib/wiresift.elv \
    wiresift/completions/wiresift.ps1; do
    grep -q upgrade-database "/usr/share/$script" || fail "no completions in $script"
done
for file in prometheus-alerts.yml grafana-dashboard.json; do
    [ -e "/usr/share/doc/wiresift/deploy/$file" ] || [ -e "/usr/share/doc/wiresift/deploy/$file.gz" ] ||
        fail "no $file"
done
ends 0 systemd-analyze security --no-pager --threshold=15 "$unit" >"$here/exposure"
tail -n 1 "$here/exposure"
busybox httpd -p 127.0.0.1:8080 -h "$here/news"

step "Reload with a changed list"
list harbour
ends 0 systemctl reload "$unit"
journal_has "applied the feed lists: 1 feed (1 added, 0 changed, 0 paused)" || fail "the journal has no reload"
await "an article is filed" has_articles 1
list harbour orchard
ends 0 wiresift reload
await "another article is filed" has_articles 2

step "Programs of other users read the news"
useradd --create-home reader
useradd --create-home outsider
usermod -aG wiresift-readers reader
ends 0 su reader -c 'psql "$(wiresift connect)" -XAtc "SELECT title FROM news.articles"'
ends 1 su reader -c 'psql "$(wiresift connect)" -XAtc "SELECT count(*) FROM wiresift.articles"'
ends 2 su reader -c 'psql -h /run/wiresift -U wiresift -d wiresift -XAtc "SELECT 1"'
ends 2 su outsider -c 'psql -h /run/wiresift -U news_reader -d wiresift -XAtc "SELECT 1"'
ends 1 su outsider -c 'wiresift connect'

step "Reload with a mistake"
echo 'url = "http://127.0.0.1:8080/nowhere.xml"' >>"$lists"
line=$(wc -l <"$lists")
ends 2 wiresift reload
ends 1 systemctl reload "$unit"
journal_has "$lists:$line: " || fail "the journal does not name $lists:$line"
run journalctl --no-pager -o cat -n 3 -u "$unit"
run systemctl show -P StatusText "$unit"
ends 0 systemctl is-active "$unit"
list harbour orchard
ends 0 systemctl reload "$unit"
ends 0 systemctl kill -s HUP --kill-who=main "$unit"

if [ "$(systemctl --version | sed -n 's/^systemd \([0-9]*\).*/\1/p')" -ge 253 ]; then
    step "Type=notify-reload"
    mkdir -p "/run/systemd/system/$unit.d"
    printf '[Service]\nType=notify-reload\nExecReload=\n' >"/run/systemd/system/$unit.d/type.conf"
    run systemctl daemon-reload
    run systemctl restart "$unit"
    ends 0 systemctl reload "$unit"
    run systemctl show -P Type "$unit"
    rm -r "/run/systemd/system/$unit.d"
    run systemctl daemon-reload
    run systemctl restart "$unit"
    await "the service is back" is_up
fi

step "A second daemon"
mkdir /etc/second
sed -e 's|^#! dir = .*|dir = "/var/lib/second"|' -e 's|^#! listen = "127.*|listen = "127.0.0.1:8430"|' \
    /etc/wiresift/wiresift.toml >/etc/second/wiresift.toml
cp "$lists" /etc/second/feeds.toml
sed -e 's|/etc/wiresift/|/etc/second/|' -e 's|%S/wiresift|%S/second|' \
    -e 's|^StateDirectory=.*|StateDirectory=second|' -e 's|^RuntimeDirectory=.*|RuntimeDirectory=second|' \
    "/usr/lib/systemd/system/$unit" >/etc/systemd/system/second.service
run systemctl daemon-reload
# Its disk can be made small. Its notices are posted, and handed to another unit as deploy/README.md says.
mkdir -p -m 700 /var/lib/private/second
ends 0 mount -t tmpfs -o size=3G tmpfs /var/lib/private/second
sed -i -e 's|^#! command = .*|command = ["/usr/local/bin/hand-over"]|' \
    -e 's|^# url = "https://example.org/notices"|url = "http://127.0.0.1:8080/cgi-bin/told"|' /etc/second/wiresift.toml
mkdir "$here/news/cgi-bin"
printf '#!/bin/sh\ncat >>%s/posted\nprintf "Content-Type: text/plain\\r\\n\\r\\n"\n' "$here" >"$here/news/cgi-bin/told"
chmod 755 "$here/news/cgi-bin/told"
block '# /usr/local/bin/hand-over' >/usr/local/bin/hand-over
chmod 755 /usr/local/bin/hand-over
for name in wiresift-tell.path wiresift-tell.service; do
    block "# /etc/systemd/system/$name" | sed 's|run/wiresift|run/second|' >"/etc/systemd/system/$name"
done
printf '#!/bin/sh\ncat >>%s/told\n' "$here" >/usr/sbin/sendmail
chmod 755 /usr/sbin/sendmail
run systemctl daemon-reload
ends 0 systemctl start wiresift-tell.path
# A start is complete when the new database can be used.
ends 0 systemctl start second
ends 0 wiresift --config /etc/second/wiresift.toml status
await "the second has its feeds" sh -c 'wiresift --config /etc/second/wiresift.toml feeds list | grep -q harbour'
: >/etc/second/feeds.toml
ends 0 wiresift --config /etc/second/wiresift.toml reload
ends 0 systemctl reload second
await "the second has lost them" sh -c 'wiresift --config /etc/second/wiresift.toml feeds list | grep -q paused'
wiresift feeds list | grep paused && fail "the first took the feeds of the second"

step "Faults are told once, and so are their ends"
told() { [ "$(grep -c "\"event\":\"$1\"" "$here/told")" -ge 2 ]; }
patience=200
run mount -o remount,size=200M /var/lib/private/second
# The database ends, and cannot start again.
run chmod 000 /var/lib/second/postgres/data/global/pg_control
run kill -9 "$(head -n 1 /var/lib/second/postgres/data/postmaster.pid)"
await "two faults are told" told fault
run wiresift --config /etc/second/wiresift.toml status || true
run mount -o remount,size=3G /var/lib/private/second
run chmod 600 /var/lib/second/postgres/data/global/pg_control
await "both ends are told" told clear
patience=60
run cat "$here/told"
for key in database disk; do
    for event in fault clear; do
        [ "$(grep -c "\"event\":\"$event\",\"key\":\"$key\"" "$here/told")" = 1 ] || fail "not once: $event $key"
    done
done
[ "$(grep -o '"event"' "$here/posted" | wc -l)" = 4 ] || fail "not posted four times"
[ "$(wc -l <"$here/told")" = 4 ] || fail "something else was told"
await "all notices are handed over" sh -c '[ -z "$(ls /run/second/outbox)" ]'
ends 0 systemctl stop second
run systemctl stop wiresift-tell.path
umount /var/lib/private/second
rm -r /etc/second /etc/systemd/system/second.service
run systemctl daemon-reload

step "SIGKILL"
pid=$(main_pid)
run systemctl kill -s KILL --kill-who=main "$unit"
await "the service is back" is_new "$pid"
list harbour orchard lantern
await "reloading works again" systemctl reload "$unit"
await "an article is filed after it" has_articles 3

step "The database is killed"
pid=$(main_pid)
run kill -9 "$(head -n 1 /var/lib/wiresift/postgres/data/postmaster.pid)"
list harbour orchard lantern bridge
await "reloading works again" systemctl reload "$unit"
await "an article is filed after it" has_articles 4
[ "$(main_pid)" = "$pid" ] || fail "the daemon was restarted"

step "Back up, restore, upgrade the database"
sudo() { "$@"; }
block 'in_unit() {' | sed '/^}/q' >"$here/in_unit"
run cat "$here/in_unit"
. "$here/in_unit"
ends 0 wiresift psql -XAtc 'SELECT count(*) FROM news.articles'
ends 0 wiresift backup /var/backups/news.backup
list harbour
ends 0 systemctl reload "$unit"
generation() { wiresift psql -XAtc 'SELECT news.generation()'; }
before=$(generation)
ends 0 systemctl stop "$unit"
echo '$ cat /var/backups/news.backup | in_unit wiresift restore --replace -'
cat /var/backups/news.backup | in_unit wiresift restore --replace - || fail "the backup is not restored"
ends 0 in_unit wiresift upgrade-database
list harbour orchard lantern bridge
ends 0 systemctl start "$unit"
await "the articles are there" has_articles 4
[ "$(generation)" -gt "$before" ] || fail "consumers do not notice the restore"

step "Upgrade over an edited configuration"
cp /etc/wiresift/wiresift.toml "$here/edited.toml"
pid=$(main_pid)
run dpkg --force-confdef --force-confold -i "$here"/new.deb
cmp /etc/wiresift/wiresift.toml "$here/edited.toml" || fail "the edited file was changed"
[ -e /etc/wiresift/wiresift.toml.dpkg-dist ] || fail "the new file is not beside it"
await "the service is restarted" is_new "$pid"
await "the articles are there" has_articles 4
run dpkg-query -W wiresift

step "Stop"
ends 0 systemctl stop "$unit"
run systemctl show -P Result "$unit"
[ "$(systemctl show -P Result "$unit")" = success ] || fail "it did not end well"
[ -z "$(postgres_of "$unit")" ] || fail "processes are left"

step "The journal has no warning but those that the steps above caused"
journalctl --sync
journalctl -q -o cat --no-pager -p warning -u "$unit" | sort -u >"$here/warnings"
run cat "$here/warnings"
if grep -vE -f "$here/caused" "$here/warnings" >"$here/others"; then
    cat "$here/others"
    fail "nobody caused these warnings"
fi

step "Remove, install again, purge"
run systemctl start "$unit"
run dpkg --remove wiresift
ends 3 systemctl is-active "$unit"
[ -z "$(postgres_of "$unit")" ] || fail "processes are left"
[ -d /var/lib/private/wiresift/postgres ] || fail "removing deleted the articles"
[ -e /etc/wiresift/wiresift.toml ] || fail "removing deleted the configuration"
run dpkg -i "$here"/new.deb
await "the service starts" is_up
await "the articles are there" has_articles 4
run dpkg --purge wiresift
for path in /var/lib/private/wiresift /var/lib/wiresift /etc/wiresift /usr/bin/wiresift \
    /etc/systemd/system/multi-user.target.wants/$unit; do
    [ ! -e "$path" ] && [ ! -L "$path" ] || { ls -la "$path"; fail "$path is left"; }
done
[ -z "$(postgres_of "$unit")" ] || fail "processes are left"
echo passed >"$here/result"
