/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The options of a call over D-Bus: an a{sv} of names that are known. */
#pragma once

#include <glib.h>

/* Check that each of @options (a{sv}) is in @allowed (names, NULL-terminated) or is "job", of its
 * type, given once and within bounds. INVALID_ARG naming the first that is not. Any thread. */
gboolean virtcpu_dbus_options_check(GVariant *options, const char *const *allowed,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The text of option @name (transfer none, as long as @options), or NULL. Any thread. */
const char *virtcpu_dbus_option_text(GVariant *options, const char *name);

/* TRUE when option @name was given as true. Any thread. */
gboolean virtcpu_dbus_option_is_true(GVariant *options, const char *name);

/* The texts of option @name, NULL-terminated (transfer container, the texts as long as @options),
 * or NULL when it was not given or is empty. Any thread. */
const char **virtcpu_dbus_option_texts(GVariant *options,
                                       const char *name) G_GNUC_WARN_UNUSED_RESULT;
