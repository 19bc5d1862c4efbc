/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One row of a dispatch table: what a procedure is, who may call it, where it runs. */
#pragma once

#include <glib.h>
#include <rpc/rpc.h>

typedef struct _VirtCpuRpcStream VirtCpuRpcStream;

/* How far a connection has come; a procedure names the least it needs. */
typedef enum {
    VIRTCPU_RPC_STAGE_ANY,
    VIRTCPU_RPC_STAGE_AUTHENTICATED,
    VIRTCPU_RPC_STAGE_OPEN,
} VirtCpuRpcStage;

typedef enum {
    VIRTCPU_RPC_PLACE_MAIN,  /* always on the main loop */
    VIRTCPU_RPC_PLACE_QUICK, /* on the main loop when the arguments are small, else a worker */
    VIRTCPU_RPC_PLACE_PEEK,  /* on the main loop when the answer is known already, else a worker */
    VIRTCPU_RPC_PLACE_WORK,  /* on a worker */
    VIRTCPU_RPC_PLACE_LONG,  /* on a thread of its own: it may wait for minutes */
} VirtCpuRpcPlace;

typedef enum {
    VIRTCPU_RPC_WRITE = 1 << 0, /* refused on a read-only connection */
    VIRTCPU_RPC_HIGH = 1 << 1,  /* runs on the workers kept for such calls */
} VirtCpuRpcFlags;

/* @conn: what the server's connection_new made. @args: decoded, owned by the caller; @ret: zeroed,
 * filled in with memory that xdr_free can free. FALSE with @error set makes an error reply. */
typedef gboolean (*VirtCpuRpcHandler)(gpointer conn, const void *args, void *ret, GError **error);

/* The same when that takes no waiting; FALSE, @ret untouched, sends the call to a worker. Main loop
 * thread. */
typedef gboolean (*VirtCpuRpcPeek)(gpointer conn, const void *args, void *ret);

/* What travels beside arguments and results. */
typedef struct {
    GArray *came;             /* of int: descriptors that came with the call; NULL: none */
    GArray *goes;             /* the same with the reply */
    VirtCpuRpcStream *stream; /* begins behind the reply; NULL: none */
} VirtCpuRpcCarry;

/* A handler of a procedure that carries something. What it leaves in @carry (owned) goes with a
 * reply, not with an error. */
typedef gboolean (*VirtCpuRpcCarrier)(gpointer conn, const void *args, void *ret,
                                      VirtCpuRpcCarry *carry, GError **error);

/* Tables of these are sorted by program, then procedure. A row with neither handler nor carrier is
 * that of a procedure which is known and not served. */
typedef struct {
    guint32 program;
    gint32 procedure;
    const char *name; /* the API's name, for messages */
    VirtCpuRpcStage stage;
    VirtCpuRpcPlace place;
    unsigned flags; /* of VirtCpuRpcFlags */
    gsize args_size;
    xdrproc_t args_xdr; /* NULL: no arguments */
    gsize ret_size;
    xdrproc_t ret_xdr; /* NULL: no results */
    VirtCpuRpcHandler handler;
    VirtCpuRpcPeek peek;       /* place PEEK only, else NULL */
    VirtCpuRpcCarrier carrier; /* in place of handler, or NULL */
} VirtCpuRpcProcedure;
