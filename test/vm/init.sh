#!/bin/busybox sh
# The first process of the virtual machine: starts the same program thrice as an unprivileged user, then carries out what is
# written to the console. `$renewed`, `$repeating` and `$unprepared` are their process numbers.
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
chmod 1777 /tmp
stty -echo </dev/console
echo begun

start() {
    CRAC_RUNTIME=$2 su -s /bin/sh guest -c "exec node --import node-crac/register /app/clone.js $1" </dev/null &
}

cd /app
start renewed ''
renewed=$!
start repeating '-randomness,-pools,-math-random'
repeating=$!
start unprepared ''
unprepared=$!
while :; do
    if read -r line; then eval "$line"; else sleep 1; fi
done
