/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/migrate-witness.h"

#include "conf/error.h"
#include "conf/fd.h"
#include "conf/i18n.h"
#include "drivers/qemu/migrate-door.h"
#include "drivers/qemu/migrate-porch.h"
#include "drivers/qemu/migrate-question.h"
#include "drivers/qemu/state-file.h"

#include <sys/eventfd.h>
#include <sys/socket.h>

/* Where the number of the port is kept; the other files are named for their domain's UUID. */
#define PORT_FILE "port"
/* A host that does not answer so soon is asked again later. */
#define ASK_SECONDS 5

struct _VirtCpuMigrateWitness {
    char *folder;
    VirtCpuMigrateWitnessFunc is_open;
    gpointer user_data;
    GMutex lock;        /* guards what is below until the thread runs; constant from then on */
    guint port;         /* 0: not open */
    VirtCpuFd listener; /* -1: not open */
    VirtCpuFd closing;  /* an eventfd: the thread is to end */
    GThread *thread;
};

/* ---- what is remembered ---- */

static char *
record_path(const VirtCpuMigrateWitness *witness, const guint8 uuid[VIRTCPU_UUID_BYTES])
{
    g_autofree char *name = virtcpu_uuid_to_string(uuid);

    return g_build_filename(witness->folder, name, NULL);
}

gboolean
virtcpu_migrate_witness_note(VirtCpuMigrateWitness *witness, const guint8 uuid[VIRTCPU_UUID_BYTES],
                             const char *secret, GError **error)
{
    g_autofree char *path = record_path(witness, uuid);

    return virtcpu_state_file_write(path, secret, error);
}

void
virtcpu_migrate_witness_forget(VirtCpuMigrateWitness *witness,
                               const guint8 uuid[VIRTCPU_UUID_BYTES])
{
    g_autofree char *path = record_path(witness, uuid);
    g_autoptr(GError) error = NULL;

    if (g_file_test(path, G_FILE_TEST_EXISTS) && !virtcpu_state_file_remove(path, &error)) {
        g_warning("A guest that did not come is remembered as one that did: %s", error->message);
    }
}

static VirtCpuPeerAnswer
look_up(const VirtCpuMigrateWitness *witness, const guint8 uuid[VIRTCPU_UUID_BYTES],
        const char *secret)
{
    g_autofree char *path = record_path(witness, uuid);
    g_autofree char *kept = NULL;

    /* first: what is decided meanwhile is in the file by the time it is read */
    if (witness->is_open(uuid, witness->user_data)) {
        return VIRTCPU_PEER_HOLDS;
    }
    kept = virtcpu_state_file_read(path, NULL);
    return g_strcmp0(kept, secret) == 0 ? VIRTCPU_PEER_HAS : VIRTCPU_PEER_HAS_NONE;
}

/* ---- answering ---- */

/* Nobody comes in. What was not read would have the answer thrown away with the connection. */
static gboolean
answer_caller(int fd, const char *seen, gpointer user_data)
{
    const VirtCpuMigrateWitness *witness = user_data;
    guint8 uuid[VIRTCPU_UUID_BYTES];
    char secret[VIRTCPU_MIGRATE_SECRET_CHARS + 1];
    char taken[VIRTCPU_MIGRATE_QUESTION_BYTES];

    if (virtcpu_migrate_question_parse(seen, uuid, secret) &&
        recv(fd, taken, sizeof(taken), MSG_WAITALL) == (ssize_t)sizeof(taken)) {
        const char answer = virtcpu_migrate_answer_to_char(look_up(witness, uuid, secret));

        (void)send(fd, &answer, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
    }
    return FALSE;
}

static gpointer
run_witness(gpointer data)
{
    VirtCpuMigrateWitness *witness = data;

    return GINT_TO_POINTER(virtcpu_migrate_porch_keep(witness->listener, witness->closing,
                                                      VIRTCPU_MIGRATE_QUESTION_BYTES, answer_caller,
                                                      witness));
}

/* ---- the port ---- */

/* Listen at @port, or with 0 at the last free one of the range. The lock is held. */
static gboolean
listen_at(VirtCpuMigrateWitness *witness, guint port, GError **error)
{
    g_autoptr(VirtCpuMigrationUri) place = g_new0(VirtCpuMigrationUri, 1);
    g_autofree char *path = g_build_filename(witness->folder, PORT_FILE, NULL);
    g_autofree char *text = NULL;

    place->host = g_strdup("");
    place->port = port;
    witness->listener = virtcpu_migrate_door_bind(place, error);
    if (witness->listener < 0) {
        return FALSE;
    }
    text = g_strdup_printf("%u", place->port);
    if (place->port != port && (!virtcpu_state_folder_make(witness->folder, error) ||
                                !virtcpu_state_file_write(path, text, error))) {
        virtcpu_fd_close(g_steal_fd(&witness->listener));
        return FALSE;
    }
    witness->port = place->port;
    witness->thread = g_thread_new("migrate-witness", run_witness, witness);
    return TRUE;
}

void
virtcpu_migrate_witness_reopen(VirtCpuMigrateWitness *witness)
{
    g_autofree char *path = g_build_filename(witness->folder, PORT_FILE, NULL);
    g_autofree char *text = virtcpu_state_file_read(path, NULL);
    g_autoptr(GError) error = NULL;
    guint64 port;

    virtcpu_state_folder_tidy(witness->folder);
    if (text != NULL && g_ascii_string_to_unsigned(text, 10, 1, G_MAXUINT16, &port, NULL) &&
        !listen_at(witness, (guint)port, &error)) {
        g_warning("Sources of earlier migrations cannot ask here what came of them: %s",
                  error->message);
    }
}

VirtCpuMigrateWitness *
virtcpu_migrate_witness_new(const char *folder, VirtCpuMigrateWitnessFunc is_open,
                            gpointer user_data)
{
    VirtCpuMigrateWitness *witness = g_new0(VirtCpuMigrateWitness, 1);

    g_mutex_init(&witness->lock);
    witness->folder = g_strdup(folder);
    witness->is_open = is_open;
    witness->user_data = user_data;
    witness->listener = -1;
    witness->closing = eventfd(0, EFD_CLOEXEC);
    return witness;
}

void
virtcpu_migrate_witness_free(VirtCpuMigrateWitness *witness)
{
    if (witness == NULL) {
        return;
    }
    if (witness->thread != NULL) {
        (void)eventfd_write(witness->closing, 1);
        g_thread_join(witness->thread);
    }
    virtcpu_fd_close(witness->listener);
    virtcpu_fd_close(witness->closing);
    g_mutex_clear(&witness->lock);
    g_free(witness->folder);
    g_free(witness);
}

guint
virtcpu_migrate_witness_open(VirtCpuMigrateWitness *witness, GError **error)
{
    guint port;

    g_mutex_lock(&witness->lock);
    port = witness->port != 0 || listen_at(witness, 0, error) ? witness->port : 0;
    g_mutex_unlock(&witness->lock);
    return port;
}

/* ---- asking ---- */

/* The character that came back, or 0. */
static char
exchange(GIOStream *connection, const char *question, GError **error)
{
    char answer = '\0';

    return g_output_stream_write_all(g_io_stream_get_output_stream(connection), question,
                                     VIRTCPU_MIGRATE_QUESTION_BYTES, NULL, NULL, error) &&
                   g_input_stream_read(g_io_stream_get_input_stream(connection), &answer, 1, NULL,
                                       error) == 1
               ? answer
               : '\0';
}

gboolean
virtcpu_migrate_witness_ask(const char *place, const char *secret,
                            const guint8 uuid[VIRTCPU_UUID_BYTES], VirtCpuPeerAnswer *answer,
                            GError **error)
{
    g_autoptr(VirtCpuMigrationUri) uri = virtcpu_migration_uri_parse(place, error);
    g_autoptr(GSocketClient) client = g_socket_client_new();
    g_autoptr(GSocketConnection) connection = NULL;
    g_autofree char *question = virtcpu_migrate_question_format(uuid, secret);
    g_autoptr(GError) reason = NULL;

    if (uri == NULL) {
        return FALSE;
    }
    g_socket_client_set_enable_proxy(client, FALSE);
    g_socket_client_set_timeout(client, ASK_SECONDS);
    connection =
        g_socket_client_connect_to_host(client, uri->host, (guint16)uri->port, NULL, error);
    if (connection == NULL) {
        return FALSE;
    }
    if (question != NULL && virtcpu_migrate_answer_from_char(
                                exchange(G_IO_STREAM(connection), question, &reason), answer)) {
        return TRUE;
    }
    virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_FAILED,
                      _("'%s' does not tell what came of a migration: %s"), place,
                      reason != NULL ? reason->message : _("it was asked something else"));
    return FALSE;
}
