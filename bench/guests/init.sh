#!/bin/sh
# The first process of a guest (bench/guests/initramfs.ts): a small server's worth of processes, files in memory, and private data.
# When all of it is there the guest switches itself off at once, without ending any process, and its memory is as it was.
mount -t proc proc /proc
mount -t devtmpfs dev /dev
mount -t sysfs sys /sys
mount -t tmpfs tmp /tmp
hostname "$(head -n 1 /own/hostname)"
ifconfig lo up
syslogd
httpd -p 127.0.0.1:80 -h /tmp

# Heaps: three processes with the same data in all guests, one whose data is the guest's own.
for rows in 10000 20000 30000; do
  awk -v rows=$rows 'BEGIN { for (i = 0; i < rows; i++) row[i] = "row " i; print "ready" > "/tmp/" rows; close("/tmp/" rows); system("sleep 9999") }' &
done
awk -v name="$(hostname)" 'BEGIN { for (i = 0; i < 30000; i++) row[i] = name " " i; print "ready" > "/tmp/own"; close("/tmp/own"); system("sleep 9999") }' &

# Files in memory: 24 MiB that no other guest has, and a log.
head -c 25165824 /dev/urandom > /tmp/data
for line in 1 2 3 4 5 6 7 8 9 10; do echo "$(hostname) line $line" >> /tmp/log; done

for file in 10000 20000 30000 own; do
  until [ -s /tmp/$file ]; do sleep 1; done
done
poweroff -f
