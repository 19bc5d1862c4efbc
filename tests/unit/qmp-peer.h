/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The other end of a QMP connection, which says what a script has it say. */
#pragma once

#include <glib.h>

#define TEST_QMP_GREETING                                                                          \
    "{\"QMP\": {\"version\": {\"qemu\": {\"micro\": 0, \"minor\": 2, \"major\": 7}}, "             \
    "\"capabilities\": []}}\r\n"
/* The answer to the first command. */
#define TEST_QMP_HELLO "{\"return\": {}, \"id\": \"1\"}\r\n"

/* A peer that waits for @lines[i] lines of ours before it says text i; then it ends the connection
 * or, with @stays, waits for us to do so. */
typedef struct {
    const char *texts[4];
    unsigned lines[4];
    gboolean stays;
    gsize flood; /* after the texts: that many bytes without a newline */
} TestQmpScript;

typedef struct {
    const TestQmpScript *script;
    int fd;
    GThread *thread;
    GString *heard; /* to be looked at when it has ended, or is known to wait */
} TestQmpPeer;

/* Have a thread play @script (kept) as @peer. Returns our end of the connection (owned). */
int test_qmp_peer_start(TestQmpPeer *peer, const TestQmpScript *script);

/* Wait until the script is over and free what @peer has. */
void test_qmp_peer_end(TestQmpPeer *peer);

/* Send @length bytes of @text to @fd, as far as somebody reads. Any thread. */
void test_qmp_say(int fd, const char *text, gsize length);
