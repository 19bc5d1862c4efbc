/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The address of a network card. */
#pragma once

#include <glib.h>

#define VIRTCPU_MAC_BYTES 6

/* Read @text into @mac: six bytes of one or two hexadecimal digits, with colons between and nothing
 * else. FALSE when it is none; @mac may have been changed then. */
gboolean virtcpu_mac_from_string(const char *text,
                                 guint8 mac[VIRTCPU_MAC_BYTES]) G_GNUC_WARN_UNUSED_RESULT;

/* @mac as "52:54:00:12:34:56" (transfer full). */
char *virtcpu_mac_to_string(const guint8 mac[VIRTCPU_MAC_BYTES]) G_GNUC_WARN_UNUSED_RESULT;
