/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/rpc-dispatch.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "daemon/rpc-error.h"
#include "schemas/virtcpu_rpc.h"

#include <malloc.h>
#include <stdlib.h>

/* Arguments up to this size, read as XML, cost the main loop no more than a millisecond. */
#define QUICK_BYTES (32u * 1024u)
/* How long after the last call in a worker memory is given back. */
#define TRIM_SECONDS 1

struct _VirtCpuRpcDispatcher {
    const VirtCpuRpcProcedure *table;
    gsize length;
    GThreadPool *workers;
    GThreadPool *high_workers;
    GThreadPool
        *long_workers; /* any number: a call waiting for another's end must not keep it out */
    unsigned running;
    guint trim; /* source, 0: nothing to give back */
};

/* A call from the moment its arguments are decoded. Owned by one thread at a time. */
typedef struct {
    VirtCpuRpcDispatcher *dispatcher;
    VirtCpuRpcClient *client;
    const VirtCpuRpcProcedure *procedure;
    VirtCpuRpcHeader header;
    gpointer args, ret;
    VirtCpuRpcCarry carry;
    GBytes *reply;
    gboolean refused; /* reply is an error */
} Call;

static void
call_free(Call *call)
{
    if (call->procedure->args_xdr != NULL) {
        xdr_free(call->procedure->args_xdr, call->args);
    }
    if (call->procedure->ret_xdr != NULL) {
        xdr_free(call->procedure->ret_xdr, call->ret);
    }
    g_free(call->args);
    g_free(call->ret);
    g_clear_pointer(&call->carry.came, g_array_unref);
    g_clear_pointer(&call->carry.goes, g_array_unref);
    g_clear_pointer(&call->carry.stream, virtcpu_rpc_stream_unref);
    g_clear_pointer(&call->reply, g_bytes_unref);
    virtcpu_rpc_client_unref(call->client);
    g_free(call);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Call, call_free)

/* Make the reply of what the handler left, the result or, with @reason, an error. Any thread. */
static void
call_encode(Call *call, GError **reason)
{
    VirtCpuRpcHeader header = virtcpu_rpc_reply_header(&call->header, VIRTCPU_RPC_OK);
    gint32 fds_count = 0;

    if (call->carry.goes != NULL) {
        header.type = VIRTCPU_RPC_REPLY_WITH_FDS;
        fds_count = (gint32)call->carry.goes->len;
    }
    if (*reason == NULL) {
        call->reply = virtcpu_rpc_frame_new(&header, call->carry.goes != NULL ? &fds_count : NULL,
                                            call->procedure->ret_xdr, call->ret, reason);
    }
    if (call->reply == NULL) {
        call->refused = TRUE;
        call->reply = virtcpu_rpc_error_reply(&call->header, *reason);
    }
}

static gboolean
call_handle(Call *call, GError **error)
{
    const VirtCpuRpcProcedure *procedure = call->procedure;
    gpointer connection = virtcpu_rpc_client_connection(call->client);

    return procedure->carrier != NULL
               ? procedure->carrier(connection, call->args, call->ret, &call->carry, error)
               : procedure->handler(connection, call->args, call->ret, error);
}

/* Run the handler and make the reply. Any thread. */
static void
call_run(Call *call)
{
    g_autoptr(GError) error = NULL;
    const gboolean done = call_handle(call, &error);

    g_assert(done || error != NULL);
    call_encode(call, &error);
}

/* Make the reply when it is known already. Main loop. */
static gboolean
call_peek(Call *call)
{
    const VirtCpuRpcProcedure *procedure = call->procedure;
    g_autoptr(GError) error = NULL;

    if (procedure->place != VIRTCPU_RPC_PLACE_PEEK ||
        !procedure->peek(virtcpu_rpc_client_connection(call->client), call->args, call->ret)) {
        return FALSE;
    }
    call_encode(call, &error);
    return TRUE;
}

/* Main loop: the stream that the call opened serves from now on. */
static void
call_begin_stream(Call *call)
{
    VirtCpuRpcStreams *streams = virtcpu_rpc_client_streams(call->client);
    g_autoptr(GError) error = NULL;

    if (call->carry.stream == NULL || call->refused || streams == NULL ||
        virtcpu_rpc_streams_begin(streams, call->carry.stream, &call->header, &error)) {
        return;
    }
    g_bytes_unref(call->reply);
    call->reply = virtcpu_rpc_error_reply(&call->header, error);
}

/* Main loop: hand the reply over and let the client's next calls in. */
static void
call_finish(Call *call)
{
    g_autoptr(Call) done = call;

    call_begin_stream(call);
    virtcpu_rpc_client_send_with_fds(call->client, g_steal_pointer(&call->reply),
                                     call->refused ? NULL : g_steal_pointer(&call->carry.goes));
    virtcpu_rpc_client_end_call(call->client);
}

/* What workers freed stays in the heaps of their threads, of which most are idle or gone. */
static gboolean
trim(gpointer user_data)
{
    VirtCpuRpcDispatcher *dispatcher = user_data;

    dispatcher->trim = 0;
    malloc_trim(0);
    return G_SOURCE_REMOVE;
}

static gboolean
worked(gpointer user_data)
{
    Call *call = user_data;
    VirtCpuRpcDispatcher *dispatcher = call->dispatcher;

    dispatcher->running--;
    call_finish(call);
    if (dispatcher->running == 0 && dispatcher->trim == 0) {
        dispatcher->trim = g_timeout_add_seconds(TRIM_SECONDS, trim, dispatcher);
    }
    return G_SOURCE_REMOVE;
}

static void
work(gpointer data, gpointer user_data)
{
    call_run(data);
    g_main_context_invoke_full(NULL, G_PRIORITY_DEFAULT, worked, data, NULL);
}

VirtCpuRpcDispatcher *
virtcpu_rpc_dispatcher_new(const VirtCpuRpcProcedure *table, gsize length, unsigned workers,
                           unsigned high_workers)
{
    VirtCpuRpcDispatcher *dispatcher = g_new0(VirtCpuRpcDispatcher, 1);

    dispatcher->table = table;
    dispatcher->length = length;
    /* pools that share GLib's threads cannot fail to start */
    dispatcher->workers = g_thread_pool_new(work, NULL, (int)workers, FALSE, NULL);
    dispatcher->high_workers = g_thread_pool_new(work, NULL, (int)high_workers, FALSE, NULL);
    dispatcher->long_workers = g_thread_pool_new(work, NULL, -1, FALSE, NULL);
    return dispatcher;
}

void
virtcpu_rpc_dispatcher_free(VirtCpuRpcDispatcher *dispatcher)
{
    if (dispatcher == NULL) {
        return;
    }
    g_assert(dispatcher->running == 0);
    g_thread_pool_free(dispatcher->workers, FALSE, TRUE);
    g_thread_pool_free(dispatcher->high_workers, FALSE, TRUE);
    g_thread_pool_free(dispatcher->long_workers, FALSE, TRUE);
    g_clear_handle_id(&dispatcher->trim, g_source_remove);
    g_free(dispatcher);
}

unsigned
virtcpu_rpc_dispatcher_running(const VirtCpuRpcDispatcher *dispatcher)
{
    return dispatcher->running;
}

static int
compare_procedure(const void *key, const void *row)
{
    const VirtCpuRpcProcedure *wanted = key, *found = row;

    if (wanted->program != found->program) {
        return wanted->program < found->program ? -1 : 1;
    }
    return (wanted->procedure > found->procedure) - (wanted->procedure < found->procedure);
}

const VirtCpuRpcProcedure *
virtcpu_rpc_procedure_find(const VirtCpuRpcProcedure *table, gsize length, guint32 program,
                           gint32 procedure)
{
    const VirtCpuRpcProcedure key = { .program = program, .procedure = procedure };

    return bsearch(&key, table, length, sizeof(table[0]), compare_procedure);
}

static gboolean
program_exists(const VirtCpuRpcDispatcher *dispatcher, guint32 program)
{
    for (gsize i = 0; i < dispatcher->length; i++) {
        if (dispatcher->table[i].program == program) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Not translated: clients look for these words before they fall back. */
static const char unknown_procedure[] = "unknown procedure: %d";

/* Clients act on the code and on how the text begins, so both are libvirt's. */
static const VirtCpuRpcProcedure *
look_up(const VirtCpuRpcDispatcher *dispatcher, const VirtCpuRpcHeader *header, GError **error)
{
    const VirtCpuRpcProcedure *procedure;

    if (!program_exists(dispatcher, header->program)) {
        virtcpu_error_set(error, VIRTCPU_ERR_RPC, _("Cannot find program %u version %u"),
                          header->program, header->version);
        return NULL;
    }
    if (header->version != RPC_VERSION) {
        virtcpu_error_set(error, VIRTCPU_ERR_RPC,
                          _("program version mismatch in message from client (actual %x, expected "
                            "%x)"),
                          header->version, RPC_VERSION);
        return NULL;
    }
    procedure = virtcpu_rpc_procedure_find(dispatcher->table, dispatcher->length, header->program,
                                           header->procedure);
    if (procedure == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_RPC, unknown_procedure, header->procedure);
        return NULL;
    }
    if (procedure->handler == NULL && procedure->carrier == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_NO_SUPPORT, "%s", procedure->name);
        return NULL;
    }
    return procedure;
}

static gboolean
check_rights(const VirtCpuRpcClient *client, const VirtCpuRpcProcedure *procedure, GError **error)
{
    const VirtCpuRpcStage stage = virtcpu_rpc_client_stage(client);

    if (stage < procedure->stage) {
        if (stage == VIRTCPU_RPC_STAGE_ANY) {
            virtcpu_error_set(error, VIRTCPU_ERR_RPC, _("authentication required"));
        } else {
            virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                              _("hypervisor connection not open"));
        }
        return FALSE;
    }
    if ((procedure->flags & VIRTCPU_RPC_WRITE) != 0 && virtcpu_rpc_client_is_read_only(client)) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_DENIED, _("read only access prevents %s"),
                          procedure->name);
        return FALSE;
    }
    return TRUE;
}

/* NULL with @error set when it cannot be run. */
static Call *
call_new(VirtCpuRpcDispatcher *dispatcher, VirtCpuRpcClient *client, const VirtCpuRpcFrame *frame,
         GError **error)
{
    const VirtCpuRpcProcedure *procedure = look_up(dispatcher, &frame->header, error);
    g_autofree gpointer args = NULL;
    Call *call;

    if (procedure == NULL || !check_rights(client, procedure, error)) {
        return NULL;
    }
    if (frame->header.status != VIRTCPU_RPC_OK) {
        virtcpu_error_set(error, VIRTCPU_ERR_RPC, _("Unexpected message status %u"),
                          frame->header.status);
        return NULL;
    }
    args = g_malloc0(procedure->args_size);
    if (!virtcpu_rpc_payload_decode(frame->payload, frame->payload_length, procedure->args_xdr,
                                    args, error)) {
        return NULL;
    }
    call = g_new0(Call, 1);
    call->dispatcher = dispatcher;
    call->client = virtcpu_rpc_client_ref(client);
    call->procedure = procedure;
    call->header = frame->header;
    call->carry.came =
        procedure->carrier != NULL && frame->fds != NULL ? g_array_ref(frame->fds) : NULL;
    call->args = g_steal_pointer(&args);
    call->ret = g_malloc0(procedure->ret_size);
    return call;
}

static gboolean
runs_here(const VirtCpuRpcProcedure *procedure, const VirtCpuRpcFrame *frame)
{
    return procedure->place == VIRTCPU_RPC_PLACE_MAIN ||
           (procedure->place == VIRTCPU_RPC_PLACE_QUICK && frame->payload_length <= QUICK_BYTES);
}

static GThreadPool *
choose_pool(const VirtCpuRpcDispatcher *dispatcher, const VirtCpuRpcProcedure *procedure)
{
    if (procedure->place == VIRTCPU_RPC_PLACE_LONG) {
        return dispatcher->long_workers;
    }
    return (procedure->flags & VIRTCPU_RPC_HIGH) != 0 ? dispatcher->high_workers
                                                      : dispatcher->workers;
}

void
virtcpu_rpc_dispatcher_call(VirtCpuRpcDispatcher *dispatcher, VirtCpuRpcClient *client,
                            const VirtCpuRpcFrame *frame)
{
    g_autoptr(GError) error = NULL;
    Call *call = call_new(dispatcher, client, frame, &error);

    if (call == NULL) {
        virtcpu_rpc_client_send(client, virtcpu_rpc_error_reply(&frame->header, error));
        return;
    }
    virtcpu_rpc_client_begin_call(client);
    if (call_peek(call)) {
        call_finish(call);
        return;
    }
    if (runs_here(call->procedure, frame)) {
        call_run(call);
        call_finish(call);
        return;
    }
    dispatcher->running++;
    g_thread_pool_push(choose_pool(dispatcher, call->procedure), call, NULL);
}
