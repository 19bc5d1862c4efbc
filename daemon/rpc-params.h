/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Typed parameters of a reply: an array of rpc_param that grows. Any thread. */
#pragma once

#include "schemas/virtcpu_rpc.h"

#include <glib.h>

/* virTypedParameterFlags: the client takes values that are text. */
#define VIRTCPU_RPC_PARAMS_TEXT 4u

/* An empty array (transfer full). */
GArray *virtcpu_rpc_params_new(void) G_GNUC_WARN_UNUSED_RESULT;

/* Append @field (copied) with a value of the named type. */
void virtcpu_rpc_params_add_int(GArray *params, const char *field, int value);
/* See above. */
void virtcpu_rpc_params_add_uint(GArray *params, const char *field, unsigned value);
/* See above. */
void virtcpu_rpc_params_add_ullong(GArray *params, const char *field, guint64 value);
/* See above. */
void virtcpu_rpc_params_add_llong(GArray *params, const char *field, gint64 value);
/* See above; @value is copied. */
void virtcpu_rpc_params_add_text(GArray *params, const char *field, const char *value);
/* See above. */
void virtcpu_rpc_params_add_bool(GArray *params, const char *field, gboolean value);

/* Free @params (transfer full) and return its elements (transfer full), @length of them, as
 * xdr_free frees them. */
rpc_param *virtcpu_rpc_params_steal(GArray *params, u_int *length) G_GNUC_WARN_UNUSED_RESULT;
