/* Makes fsync and fdatasync of one program wait, before they do what they do: LD_PRELOAD for bench/archiving.py.
   SLOW_FSYNC_US is the wait in microseconds. Nothing is left out: what is synced is synced. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

static void wait_for_the_disk(void)
{
    const char *microseconds = getenv("SLOW_FSYNC_US");
    if (microseconds)
        usleep((useconds_t)atol(microseconds));
}

int fsync(int descriptor)
{
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    wait_for_the_disk();
    return real(descriptor);
}

int fdatasync(int descriptor)
{
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    wait_for_the_disk();
    return real(descriptor);
}
