/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Typed parameters, libvirt's lists of names and values: why one is refused, in libvirt's words.
 * Each sets INVALID_ARG and returns FALSE. Any thread. */
#pragma once

#include <glib.h>

/* The call has no parameter @name. */
gboolean virtcpu_typed_param_refuse_unknown(const char *name, GError **error);

/* @name is there twice. */
gboolean virtcpu_typed_param_refuse_second(const char *name, GError **error);

/* @name is of @type where @expected is wanted; both virTypedParameterType, the first a client's. */
gboolean virtcpu_typed_param_refuse_type(const char *name, int type, int expected, GError **error);
