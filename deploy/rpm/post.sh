systemd-sysusers wiresift.conf >/dev/null 2>&1 || :
if [ "$1" -eq 1 ] && [ -d /run/systemd/system ]; then
    systemctl --no-reload preset wiresift.service >/dev/null 2>&1 || :
fi
