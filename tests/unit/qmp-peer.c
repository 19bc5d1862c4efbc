/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/qmp-peer.h"

#include "drivers/qemu/qmp-socket.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void
hear_lines(TestQmpPeer *peer, unsigned count)
{
    char byte;

    while (count > 0 && read(peer->fd, &byte, 1) == 1) {
        g_string_append_c(peer->heard, byte);
        count -= byte == '\n';
    }
}

void
test_qmp_say(int fd, const char *text, gsize length)
{
    while (length > 0) {
        gssize put = send(fd, text, length, MSG_NOSIGNAL);

        if (put <= 0) {
            return;
        }
        text += put;
        length -= (gsize)put;
    }
}

static gpointer
run(gpointer data)
{
    TestQmpPeer *peer = data;
    const TestQmpScript *script = peer->script;
    g_autofree char *block = g_malloc(65536);

    for (unsigned i = 0; i < G_N_ELEMENTS(script->texts) && script->texts[i] != NULL; i++) {
        hear_lines(peer, script->lines[i]);
        test_qmp_say(peer->fd, script->texts[i], strlen(script->texts[i]));
    }
    memset(block, 'x', 65536);
    for (gsize sent = 0; sent < script->flood; sent += 65536) {
        test_qmp_say(peer->fd, block, 65536);
    }
    if (script->stays) {
        hear_lines(peer, G_MAXUINT);
    }
    close(peer->fd);
    return NULL;
}

int
test_qmp_peer_start(TestQmpPeer *peer, const TestQmpScript *script)
{
    int ours = -1;

    *peer = (TestQmpPeer){ .script = script, .heard = g_string_new(NULL) };
    g_assert_true(virtcpu_qmp_socketpair(&ours, &peer->fd, NULL));
    peer->thread = g_thread_new("peer", run, peer);
    return ours;
}

void
test_qmp_peer_end(TestQmpPeer *peer)
{
    g_thread_join(peer->thread);
    g_string_free(peer->heard, TRUE);
}
