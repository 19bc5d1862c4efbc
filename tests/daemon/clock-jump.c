/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Preloaded: a process whose wall clock is off by the seconds that file CLOCK_JUMP says; the
 * monotonic clocks stay what they are. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static time_t
read_jump(void)
{
    const char *path = getenv("CLOCK_JUMP");
    FILE *file = path != NULL ? fopen(path, "re") : NULL;
    long seconds = 0;

    if (file != NULL) {
        if (fscanf(file, "%ld", &seconds) != 1) {
            seconds = 0;
        }
        fclose(file);
    }
    return (time_t)seconds;
}

int
clock_gettime(clockid_t clock, struct timespec *now)
{
    const long result = syscall(SYS_clock_gettime, clock, now);

    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
        now->tv_sec += read_jump();
    }
    return (int)result;
}

int
gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    struct timespec precise;

    (void)zone;
    if (clock_gettime(CLOCK_REALTIME, &precise) != 0) {
        return -1;
    }
    now->tv_sec = precise.tv_sec;
    now->tv_usec = precise.tv_nsec / 1000;
    return 0;
}

time_t
time(time_t *copy)
{
    struct timespec precise = { 0 };

    clock_gettime(CLOCK_REALTIME, &precise);
    if (copy != NULL) {
        *copy = precise.tv_sec;
    }
    return precise.tv_sec;
}
