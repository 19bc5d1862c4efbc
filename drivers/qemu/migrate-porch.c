/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/migrate-porch.h"

#include "conf/fd.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

/* How long a caller may be silent. */
#define WAIT_MS 10000

/* Somebody who waits to be let in. */
typedef struct {
    int fd;
    gint64 deadline; /* monotonic */
} Caller;

typedef struct {
    int listener, closing;
    gsize length;
    VirtCpuMigratePorchFunc judge;
    gpointer user_data;
    GArray *callers; /* of Caller */
} Porch;

typedef enum { VERDICT_WAIT, VERDICT_IN, VERDICT_OUT } Verdict;

/* What lies there to be read is looked at, not taken; less than the length wakes nobody. */
static Verdict
judge_caller(const Porch *porch, int fd)
{
    char seen[VIRTCPU_MIGRATE_PORCH_BYTES];
    const ssize_t got = recv(fd, seen, porch->length, MSG_PEEK | MSG_DONTWAIT);

    if (got < 0) {
        return errno == EAGAIN || errno == EINTR ? VERDICT_WAIT : VERDICT_OUT;
    }
    return got == (ssize_t)porch->length && porch->judge(fd, seen, porch->user_data) ? VERDICT_IN
                                                                                     : VERDICT_OUT;
}

static void
turn_away(const Porch *porch, guint i)
{
    close(g_array_index(porch->callers, Caller, i).fd);
    g_array_remove_index(porch->callers, i);
}

static void
accept_caller(const Porch *porch)
{
    const int enough = (int)porch->length;
    const Caller caller = { .fd = accept4(porch->listener, NULL, NULL, SOCK_CLOEXEC),
                            .deadline =
                                g_get_monotonic_time() + WAIT_MS * G_TIME_SPAN_MILLISECOND };

    if (caller.fd < 0) {
        return;
    }
    (void)setsockopt(caller.fd, SOL_SOCKET, SO_RCVLOWAT, &enough, sizeof(enough));
    if (porch->callers->len == VIRTCPU_MIGRATE_PORCH_PLACES) {
        turn_away(porch, 0); /* who has said nothing for longest */
    }
    g_array_append_val(porch->callers, caller);
}

/* The descriptor of a caller who may come in, or -1. Others who spoke, or were silent too long, are
 * sent away. */
static int
look_at_callers(const Porch *porch, const struct pollfd *polled)
{
    for (guint i = porch->callers->len; i > 0; i--) {
        const Caller *caller = &g_array_index(porch->callers, Caller, i - 1);
        Verdict verdict = VERDICT_WAIT;

        if (polled[i - 1].revents != 0) {
            verdict = judge_caller(porch, caller->fd);
        }
        if (verdict == VERDICT_IN) {
            const int fd = caller->fd, any = 1;

            /* who reads on waits for less at a time */
            (void)setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &any, sizeof(any));
            g_array_remove_index(porch->callers, i - 1);
            return fd;
        }
        if (verdict == VERDICT_OUT || caller->deadline <= g_get_monotonic_time()) {
            turn_away(porch, i - 1);
        }
    }
    return -1;
}

/* Wait for one who may come in; -1 when it is closed first. */
static int
keep(const Porch *porch)
{
    int fd = -1;

    while (fd < 0) {
        struct pollfd polled[2 + VIRTCPU_MIGRATE_PORCH_PLACES] = {
            { .fd = porch->closing, .events = POLLIN }, { .fd = porch->listener, .events = POLLIN }
        };

        for (guint i = 0; i < porch->callers->len; i++) {
            polled[2 + i] = (struct pollfd){ .fd = g_array_index(porch->callers, Caller, i).fd,
                                             .events = POLLIN };
        }
        if (poll(polled, 2 + porch->callers->len, porch->callers->len > 0 ? WAIT_MS : -1) < 0 &&
            errno != EINTR) {
            break;
        }
        if (polled[0].revents != 0) {
            break;
        }
        fd = look_at_callers(porch, polled + 2);
        if (fd < 0 && polled[1].revents != 0) {
            accept_caller(porch);
        }
    }
    return fd;
}

int
virtcpu_migrate_porch_keep(int listener, int closing, gsize length, VirtCpuMigratePorchFunc judge,
                           gpointer user_data)
{
    const Porch porch = { .listener = listener,
                          .closing = closing,
                          .length = MIN(length, VIRTCPU_MIGRATE_PORCH_BYTES),
                          .judge = judge,
                          .user_data = user_data,
                          .callers = g_array_new(FALSE, FALSE, sizeof(Caller)) };
    const int fd = keep(&porch);

    while (porch.callers->len > 0) {
        turn_away(&porch, 0);
    }
    g_array_unref(porch.callers);
    return fd;
}
