/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Registrations and what they bring, with clients on socket pairs. */
#include "conf/error.h"
#include "daemon/event-message.h"
#include "daemon/events.h"
#include "schemas/virtcpu_rpc.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LIFECYCLE 0
#define REBOOT    1

typedef struct {
    int fd; /* our end */
    VirtCpuRpcClient *client;
} Peer;

typedef struct {
    VirtCpuEvents *events;
    Peer peers[2];
} Fixture;

static const VirtCpuRpcClientLimits limits = { .max_requests = 5,
                                               .output_pause = 1 << 20,
                                               .output_limit = 1 << 22 };

static void
ignore_frame(VirtCpuRpcClient *client, const VirtCpuRpcFrame *frame, gpointer user_data)
{
}

static void
forget(VirtCpuRpcClient *client, gpointer user_data)
{
    virtcpu_events_forget(((Fixture *)user_data)->events, client);
}

static const VirtCpuRpcClientFuncs client_funcs = { ignore_frame, forget };

static void
set_up(Fixture *f, gconstpointer unused)
{
    f->events = virtcpu_events_new();
    for (gsize i = 0; i < G_N_ELEMENTS(f->peers); i++) {
        g_autoptr(GError) error = NULL;
        int pair[2];

        g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), ==, 0);
        f->peers[i].fd = pair[0];
        f->peers[i].client =
            virtcpu_rpc_client_new(pair[1], FALSE, &limits, &client_funcs, f, &error);
        g_assert_no_error(error);
    }
}

static void
tear_down(Fixture *f, gconstpointer unused)
{
    for (gsize i = 0; i < G_N_ELEMENTS(f->peers); i++) {
        virtcpu_rpc_client_close(f->peers[i].client, "the test is over");
        virtcpu_rpc_client_unref(f->peers[i].client);
        close(f->peers[i].fd);
    }
    virtcpu_events_free(f->events);
}

/* The next message that @peer got; FALSE when there is none. The words behind the header are the
 * callback's number, or the length of the domain's name in the form without one. */
static gboolean
next_message(const Peer *peer, gint32 *procedure, guint32 *first_word)
{
    guint32 words[7];
    g_autofree guint8 *rest = NULL;
    gsize length;

    if (recv(peer->fd, words, sizeof(words), MSG_DONTWAIT) != sizeof(words)) {
        return FALSE;
    }
    length = GUINT32_FROM_BE(words[0]) - sizeof(words);
    rest = g_malloc(length);
    g_assert_cmpint(recv(peer->fd, rest, length, MSG_DONTWAIT), ==, (gssize)length);
    g_assert_cmpuint(GUINT32_FROM_BE(words[4]), ==, VIRTCPU_RPC_MESSAGE);
    *procedure = (gint32)GUINT32_FROM_BE(words[3]);
    memcpy(first_word, rest, sizeof(*first_word));
    *first_word = GUINT32_FROM_BE(*first_word);
    return TRUE;
}

static void
expect(const Peer *peer, gint32 procedure, int first_word)
{
    gint32 got_procedure;
    guint32 got_word;

    g_assert_true(next_message(peer, &got_procedure, &got_word));
    g_assert_cmpint(got_procedure, ==, procedure);
    g_assert_cmpint((int)got_word, ==, first_word);
}

static void
expect_nothing(const Peer *peer)
{
    gint32 procedure;
    guint32 word;

    g_assert_false(next_message(peer, &procedure, &word));
}

static char domain_name[] = "guest";
static const VirtCpuDomainRef domain = { .name = domain_name, .uuid = { 1 }, .id = 7 };
static const VirtCpuDomainRef other = { .name = domain_name, .uuid = { 2 }, .id = 8 };

static void
happen(Fixture *f, VirtCpuNoteKind kind, const VirtCpuDomainRef *whose, const char *name)
{
    const VirtCpuNote note = { .kind = kind, .domain = whose, .text = name };

    virtcpu_events_send(f->events, &note);
}

static int
listen_to(Fixture *f, gsize peer, int event, const guint8 *uuid, gboolean legacy)
{
    g_autoptr(GError) error = NULL;
    const int id =
        virtcpu_events_register(f->events, f->peers[peer].client, event, uuid, legacy, &error);

    g_assert_no_error(error);
    g_assert_cmpint(id, >=, 0);
    return id;
}

static int
listen_to_qmp(Fixture *f, const char *name, unsigned flags)
{
    g_autoptr(GError) error = NULL;
    const int id =
        virtcpu_events_register_qmp(f->events, f->peers[0].client, name, flags, NULL, &error);

    g_assert_no_error(error);
    return id;
}

/* Only what was asked for, in the order of asking. */
static void
test_filters(Fixture *f, gconstpointer unused)
{
    const int any = listen_to(f, 0, LIFECYCLE, NULL, FALSE);
    const int one = listen_to(f, 0, LIFECYCLE, other.uuid, FALSE);
    const int reboot = listen_to(f, 1, REBOOT, NULL, FALSE);

    g_assert_true(any != one && one != reboot && any != reboot);
    happen(f, VIRTCPU_NOTE_LIFECYCLE, &domain, NULL);
    expect(&f->peers[0], RPC_REMOTE_DOMAIN_EVENT_CALLBACK_LIFECYCLE, any);
    expect_nothing(&f->peers[0]);
    expect_nothing(&f->peers[1]);
    happen(f, VIRTCPU_NOTE_LIFECYCLE, &other, NULL);
    expect(&f->peers[0], RPC_REMOTE_DOMAIN_EVENT_CALLBACK_LIFECYCLE, any);
    expect(&f->peers[0], RPC_REMOTE_DOMAIN_EVENT_CALLBACK_LIFECYCLE, one);
    happen(f, VIRTCPU_NOTE_REBOOT, &domain, NULL);
    expect(&f->peers[1], RPC_REMOTE_DOMAIN_EVENT_CALLBACK_REBOOT, reboot);
    expect_nothing(&f->peers[0]);
}

/* The old form has messages of its own, without a number, and only for events that old. */
static void
test_legacy(Fixture *f, gconstpointer unused)
{
    g_autoptr(GError) error = NULL;

    listen_to(f, 0, LIFECYCLE, NULL, TRUE);
    listen_to(f, 0, 23, NULL, TRUE); /* metadata change: newer than that form */
    listen_to(f, 1, LIFECYCLE, NULL, TRUE);
    g_assert_cmpint(
        virtcpu_events_register(f->events, f->peers[0].client, LIFECYCLE, NULL, TRUE, &error), ==,
        -1);
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_INTERNAL_ERROR);
    happen(f, VIRTCPU_NOTE_LIFECYCLE, &domain, NULL);
    happen(f, VIRTCPU_NOTE_METADATA_CHANGE, &domain, NULL);
    expect(&f->peers[0], RPC_REMOTE_DOMAIN_EVENT_LIFECYCLE, (int)strlen(domain_name));
    expect_nothing(&f->peers[0]);
    expect(&f->peers[1], RPC_REMOTE_DOMAIN_EVENT_LIFECYCLE, (int)strlen(domain_name));
    g_clear_error(&error);
    g_assert_true(
        virtcpu_events_deregister_legacy(f->events, f->peers[0].client, LIFECYCLE, &error));
    g_assert_false(
        virtcpu_events_deregister_legacy(f->events, f->peers[0].client, LIFECYCLE, &error));
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_INTERNAL_ERROR);
    happen(f, VIRTCPU_NOTE_LIFECYCLE, &domain, NULL);
    expect_nothing(&f->peers[0]);
    expect(&f->peers[1], RPC_REMOTE_DOMAIN_EVENT_LIFECYCLE, (int)strlen(domain_name));
}

/* Nobody takes away what is not his, and a number is not given again. */
static void
test_deregister(Fixture *f, gconstpointer unused)
{
    const int id = listen_to(f, 0, LIFECYCLE, NULL, FALSE);
    g_autoptr(GError) error = NULL;

    g_assert_false(virtcpu_events_deregister(f->events, f->peers[1].client, id, &error));
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_INTERNAL_ERROR);
    g_clear_error(&error);
    g_assert_true(virtcpu_events_deregister(f->events, f->peers[0].client, id, &error));
    g_assert_false(virtcpu_events_deregister(f->events, f->peers[0].client, id, &error));
    g_assert_cmpint(listen_to(f, 0, LIFECYCLE, NULL, FALSE), !=, id);
}

static void
test_bad_ids(Fixture *f, gconstpointer unused)
{
    const int bad[] = { -1, VIRTCPU_EVENT_ID_LAST, G_MAXINT, G_MININT };

    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_cmpint(
            virtcpu_events_register(f->events, f->peers[0].client, bad[i], NULL, FALSE, &error), ==,
            -1);
        g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_INTERNAL_ERROR);
    }
}

/* One connection cannot make the daemon send without end; others are not kept from registering. */
static void
test_too_many(Fixture *f, gconstpointer unused)
{
    g_autoptr(GError) error = NULL;
    unsigned count = 0;

    while (virtcpu_events_register(f->events, f->peers[0].client, REBOOT, NULL, FALSE, &error) >=
           0) {
        count++;
    }
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_OPERATION_FAILED);
    g_assert_cmpuint(count, ==, 1024);
    listen_to(f, 1, REBOOT, NULL, FALSE);
}

typedef struct {
    const char *wanted;
    unsigned flags;
    const char *name;
    gboolean matches;
} NameRow;

static const NameRow name_rows[] = {
    { NULL, 0, "STOP", TRUE },
    { "STOP", 0, "STOP", TRUE },
    { "STOP", 0, "STOPPED", FALSE },
    { "stop", 0, "STOP", FALSE },
    { "stop", VIRTCPU_QMP_EVENT_NOCASE, "STOP", TRUE },
    { "S.*P", 0, "STOP", FALSE },
    { "S.*P", VIRTCPU_QMP_EVENT_REGEX, "STOP", TRUE },
    { "TO", VIRTCPU_QMP_EVENT_REGEX, "STOP", TRUE },
    { "^TO", VIRTCPU_QMP_EVENT_REGEX, "STOP", FALSE },
    { "s.*p", VIRTCPU_QMP_EVENT_REGEX | VIRTCPU_QMP_EVENT_NOCASE, "STOP", TRUE },
};

static void
test_names(Fixture *f, gconstpointer unused)
{
    for (gsize i = 0; i < G_N_ELEMENTS(name_rows); i++) {
        const NameRow *row = &name_rows[i];
        const int id = listen_to_qmp(f, row->wanted, row->flags);

        g_test_message("%s in %s", row->wanted, row->name);
        happen(f, VIRTCPU_NOTE_QMP, &domain, row->name);
        if (row->matches) {
            expect(&f->peers[0], RPC_QEMU_DOMAIN_MONITOR_EVENT, id);
        }
        expect_nothing(&f->peers[0]);
        g_assert_true(virtcpu_events_deregister(f->events, f->peers[0].client, id, NULL));
    }
}

/* A pattern made to take for ever is given up: else this would not end. */
static void
test_evil_patterns(Fixture *f, gconstpointer unused)
{
    static const char *const patterns[] = { "^(A+)+$", "^(A|A)*(A|A)*(A|A)*$",
                                            "(?:A?){200}A{200}!!" };
    g_autofree char *name = g_strnfill(2000, 'A');

    name[1999] = '!';
    for (gsize i = 0; i < G_N_ELEMENTS(patterns); i++) {
        listen_to_qmp(f, patterns[i], VIRTCPU_QMP_EVENT_REGEX);
    }
    happen(f, VIRTCPU_NOTE_QMP, &domain, name);
    expect_nothing(&f->peers[0]);
}

static void
test_bad_patterns(Fixture *f, gconstpointer unused)
{
    g_autofree char *lengthy = g_strnfill(257, 'A');
    const char *const patterns[] = {
        "(", "[", "*", "((A{1000}){1000}){1000}", "(*LIMIT_MATCH=4000000000)A", lengthy
    };

    for (gsize i = 0; i < G_N_ELEMENTS(patterns); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_cmpint(virtcpu_events_register_qmp(f->events, f->peers[0].client, patterns[i],
                                                    VIRTCPU_QMP_EVENT_REGEX, NULL, &error),
                        ==, -1);
        g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_INVALID_ARG);
    }
}

/* A client that went takes its registrations along; the other still hears. */
static void
test_gone(Fixture *f, gconstpointer unused)
{
    const int id = listen_to(f, 1, LIFECYCLE, NULL, FALSE);

    listen_to(f, 0, LIFECYCLE, NULL, FALSE);
    virtcpu_rpc_client_close(f->peers[0].client, "gone");
    happen(f, VIRTCPU_NOTE_LIFECYCLE, &domain, NULL);
    expect(&f->peers[1], RPC_REMOTE_DOMAIN_EVENT_CALLBACK_LIFECYCLE, id);
    expect_nothing(&f->peers[1]);
}

/* The payload of the message that turn @turn of @note makes, checked for procedure and number. */
static void
decode(const VirtCpuNote *note, unsigned turn, gboolean legacy, gint32 procedure, xdrproc_t xdr,
       void *value)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) frame = virtcpu_event_message(note, turn, legacy, 7, &error);
    gsize length, skipped = VIRTCPU_RPC_FRAME_MIN + (legacy ? 0 : 4);
    const guint8 *bytes;
    guint32 words[8];

    g_assert_no_error(error);
    bytes = g_bytes_get_data(frame, &length);
    memcpy(words, bytes, sizeof(words));
    g_assert_cmpint((gint32)GUINT32_FROM_BE(words[3]), ==, procedure);
    g_assert_true(legacy || GUINT32_FROM_BE(words[7]) == 7);
    g_assert_true(
        virtcpu_rpc_payload_decode(bytes + skipped, length - skipped, xdr, value, &error));
}

static void
test_io_error(void)
{
    const VirtCpuNote note = { .kind = VIRTCPU_NOTE_IO_ERROR,
                               .domain = &domain,
                               .event = 1,
                               .text = "/disk",
                               .detail_text = "virtio-disk0",
                               .reason = "enospc" };
    rpc_event_io_error_msg first = { 0 };
    rpc_event_io_error_reason_msg second = { 0 };
    int id = -1;

    g_assert_true(virtcpu_event_id(&note, 0, &id));
    g_assert_cmpint(id, ==, 4);
    g_assert_true(virtcpu_event_id(&note, 1, &id));
    g_assert_cmpint(id, ==, 6);
    g_assert_false(virtcpu_event_id(&note, 2, &id));
    decode(&note, 0, FALSE, 322, (xdrproc_t)xdr_rpc_event_io_error_msg, &first);
    g_assert_cmpstr(first.source, ==, "/disk");
    g_assert_cmpint(first.action, ==, 1);
    decode(&note, 1, TRUE, 195, (xdrproc_t)xdr_rpc_event_io_error_reason_msg, &second);
    g_assert_cmpstr(second.alias, ==, "virtio-disk0");
    g_assert_cmpstr(second.reason, ==, "enospc");
    xdr_free((xdrproc_t)xdr_rpc_event_io_error_msg, (char *)&first);
    xdr_free((xdrproc_t)xdr_rpc_event_io_error_reason_msg, (char *)&second);
}

static void
test_graphics(void)
{
    const VirtCpuGraphicsNote graphics = { .phase = 1,
                                           .local = { 0, "127.0.0.1", "5900" },
                                           .remote = { 2, "/path", "" },
                                           .auth = "vnc",
                                           .sasl_user = "me" };
    const VirtCpuNote note = { .kind = VIRTCPU_NOTE_GRAPHICS,
                               .domain = &domain,
                               .graphics = &graphics };
    rpc_event_graphics_msg value = { 0 };

    decode(&note, 0, FALSE, 323, (xdrproc_t)xdr_rpc_event_graphics_msg, &value);
    g_assert_cmpint(value.phase, ==, 1);
    g_assert_cmpstr(value.local.service, ==, "5900");
    g_assert_cmpint(value.remote.family, ==, 2);
    g_assert_cmpstr(value.auth, ==, "vnc");
    g_assert_cmpuint(value.subject.subject_len, ==, 1);
    g_assert_cmpstr(value.subject.subject_val[0].type, ==, "saslUsername");
    g_assert_cmpstr(value.subject.subject_val[0].name, ==, "me");
    xdr_free((xdrproc_t)xdr_rpc_event_graphics_msg, (char *)&value);
}

/* With a callback's number these carry a reason before the domain, without one they do not. */
static void
test_sleep(void)
{
    const VirtCpuNote note = { .kind = VIRTCPU_NOTE_PMSUSPEND, .domain = &domain };
    rpc_event_sleep_msg value = { .reason = 9 };
    rpc_event_domain_msg legacy = { 0 };

    decode(&note, 0, FALSE, 330, (xdrproc_t)xdr_rpc_event_sleep_msg, &value);
    g_assert_cmpint(value.reason, ==, 0);
    g_assert_cmpint(value.dom.id, ==, 7);
    decode(&note, 0, TRUE, 270, (xdrproc_t)xdr_rpc_event_domain_msg, &legacy);
    g_assert_cmpstr(legacy.dom.name, ==, "guest");
    xdr_free((xdrproc_t)xdr_rpc_event_sleep_msg, (char *)&value);
    xdr_free((xdrproc_t)xdr_rpc_event_domain_msg, (char *)&legacy);
}

static void
test_two_names_of_a_disk(void)
{
    const VirtCpuNote note = { .kind = VIRTCPU_NOTE_BLOCK_JOB,
                               .domain = &domain,
                               .event = 2,
                               .detail = 3,
                               .text = "/disk",
                               .detail_text = "vda" };
    rpc_event_block_job_msg by_path = { 0 }, by_target = { 0 };

    decode(&note, 0, FALSE, 326, (xdrproc_t)xdr_rpc_event_block_job_msg, &by_path);
    decode(&note, 1, FALSE, 339, (xdrproc_t)xdr_rpc_event_block_job_msg, &by_target);
    g_assert_cmpstr(by_path.disk, ==, "/disk");
    g_assert_cmpstr(by_target.disk, ==, "vda");
    g_assert_cmpint(by_target.status, ==, 3);
    g_assert_null(virtcpu_event_message(&note, 1, TRUE, 0, NULL)); /* it has no older form */
    xdr_free((xdrproc_t)xdr_rpc_event_block_job_msg, (char *)&by_path);
    xdr_free((xdrproc_t)xdr_rpc_event_block_job_msg, (char *)&by_target);
}

/* Every kind can be told, even when next to nothing is known. */
static void
test_every_kind(void)
{
    for (int kind = 0; kind <= VIRTCPU_NOTE_QMP; kind++) {
        const VirtCpuNote note = { .kind = (VirtCpuNoteKind)kind, .domain = &domain };
        int id;

        g_assert_true(virtcpu_event_id(&note, 0, &id));
        for (unsigned turn = 0; virtcpu_event_id(&note, turn, &id); turn++) {
            g_autoptr(GError) error = NULL;
            g_autoptr(GBytes) frame = virtcpu_event_message(&note, turn, FALSE, 1, &error);

            g_assert_no_error(error);
            g_assert_cmpuint(g_bytes_get_size(frame), >, VIRTCPU_RPC_FRAME_MIN);
        }
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add("/events/filters", Fixture, NULL, set_up, test_filters, tear_down);
    g_test_add("/events/legacy", Fixture, NULL, set_up, test_legacy, tear_down);
    g_test_add("/events/deregister", Fixture, NULL, set_up, test_deregister, tear_down);
    g_test_add("/events/bad-ids", Fixture, NULL, set_up, test_bad_ids, tear_down);
    g_test_add("/events/too-many", Fixture, NULL, set_up, test_too_many, tear_down);
    g_test_add("/events/names", Fixture, NULL, set_up, test_names, tear_down);
    g_test_add("/events/evil-patterns", Fixture, NULL, set_up, test_evil_patterns, tear_down);
    g_test_add("/events/bad-patterns", Fixture, NULL, set_up, test_bad_patterns, tear_down);
    g_test_add("/events/gone", Fixture, NULL, set_up, test_gone, tear_down);
    g_test_add_func("/events/message/io-error", test_io_error);
    g_test_add_func("/events/message/graphics", test_graphics);
    g_test_add_func("/events/message/sleep", test_sleep);
    g_test_add_func("/events/message/block-job", test_two_names_of_a_disk);
    g_test_add_func("/events/message/every-kind", test_every_kind);
    return g_test_run();
}
