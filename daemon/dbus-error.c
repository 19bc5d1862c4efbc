/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/dbus-error.h"

#include "conf/error.h"

/* Far above any sentence; libxml2 and QEMU can be made to say more. */
#define TEXT_MAX (64u * 1024u)

void
virtcpu_dbus_error_return(GDBusMethodInvocation *invocation, const GError *error)
{
    g_autofree char *name =
        g_strdup_printf("org.virtcpu.Error.Code%d", (int)virtcpu_error_to_code(error));
    g_autofree char *whole = virtcpu_error_to_text(error);
    g_autofree char *start = g_strndup(whole, TEXT_MAX);
    g_autofree char *text = g_utf8_make_valid(start, -1);

    g_dbus_method_invocation_return_dbus_error(invocation, name, text);
}
