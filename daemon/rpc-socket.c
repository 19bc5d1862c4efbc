/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/rpc-socket.h"

#include <string.h>
#include <sys/socket.h>

/* Most that the kernel lets come with one read. */
#define MAX_FDS_AT_ONCE 253u

ssize_t
virtcpu_rpc_socket_send(int socket, const guint8 *data, gsize length, int fd)
{
    struct iovec bytes = { (void *)(guintptr)data, length };
    struct msghdr message = { .msg_iov = &bytes, .msg_iovlen = 1 };
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = { .bytes = { 0 } };

    if (fd >= 0) {
        message.msg_control = &control;
        message.msg_controllen = sizeof(control.bytes);
        control.header.cmsg_level = SOL_SOCKET;
        control.header.cmsg_type = SCM_RIGHTS;
        control.header.cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(&control.header), &fd, sizeof(int));
    }
    return sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void
take_fds(struct msghdr *message, GArray *fds)
{
    for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header != NULL;
         header = CMSG_NXTHDR(message, header)) {
        if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
            g_array_append_vals(fds, CMSG_DATA(header),
                                (guint)((header->cmsg_len - CMSG_LEN(0)) / sizeof(int)));
        }
    }
}

ssize_t
virtcpu_rpc_socket_receive(int socket, guint8 *data, gsize size, GArray *fds, gboolean *lost)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(MAX_FDS_AT_ONCE * sizeof(int))];
    } control;
    struct iovec bytes = { data, size };
    struct msghdr message = {
        .msg_iov = &bytes,
        .msg_iovlen = 1,
        .msg_control = &control,
        .msg_controllen = sizeof(control),
    };
    const ssize_t got = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

    *lost = FALSE;
    if (got >= 0) {
        take_fds(&message, fds);
        *lost = (message.msg_flags & MSG_CTRUNC) != 0;
    }
    return got;
}
