#!/bin/busybox sh
# The first process of both guests (examples/v86/parts.ts). What it prints as "guest: …" is how the program knows how far a guest is.
# The kernel hands over what its command line says of it: $guest is the guest's number.
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox mount -t tmpfs tmp /tmp
cd /tmp || exit
for name in awk cp head rm sleep tr; do /bin/busybox ln -s /bin/busybox "/bin/$name"; done
echo "guest: up"
sleep 3

# The same in both guests: a heap, and files in memory, one of which is there twice in each.
awk 'BEGIN { for (i = 0; i < 6000; i++) row[i] = "row " i; print "ready" > "/tmp/heap"; close("/tmp/heap"); system("sleep 99999") }' &
cp /bin/busybox first
cp /bin/busybox second
until [ -s heap ]; do sleep 1; done
echo "guest: same data"
sleep 4

# Of each guest's own.
head -c 2097152 /dev/urandom > own
echo "guest: own data"
sleep 4

# One guest changes a file that was the same everywhere: it gets pages of its own.
if [ "$guest" = 2 ]; then tr e E < /bin/busybox > second; fi
echo "guest: changed"
sleep 4

# Files go. What was in them stays in the free memory until somebody needs it.
rm first own
echo "guest: done"
while :; do sleep 99999; done
