/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Marks for translated text; po/ holds the catalogues. Included by .c files only. */
#pragma once

#include <glib.h>

/* The translation of @text; keeps format checking, unlike GLib's own macro under -Wcast-qual. */
#define _(text) g_dgettext(GETTEXT_PACKAGE, text)
/* Marks @text for the catalogue; translated where it is used. */
#define N_(text) (text)
