/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Migration cookies: what is accepted is written so that it reads the same again, and the passport
 * in it is one or is refused. */
#include "conf/migration-cookie.h"
#include "drivers/qemu/cpu-passport.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

static void
read_passport(const char *text)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuPassport) passport = virtcpu_passport_parse(text, &error);

    g_assert_true((passport == NULL) == (error != NULL));
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuMigrationCookie) raw =
        virtcpu_migration_cookie_parse((const char *)data, size, NULL);
    g_autoptr(VirtCpuMigrationCookie) cookie =
        virtcpu_migration_cookie_parse(text, strlen(text) + 1, &error);
    g_autoptr(VirtCpuMigrationCookie) second = NULL;
    g_autofree char *written = NULL;
    g_autofree char *again = NULL;

    g_assert_true((cookie == NULL) == (error != NULL));
    if (cookie == NULL) {
        return 0;
    }
    if (cookie->passport != NULL) {
        read_passport(cookie->passport);
    }
    written = virtcpu_migration_cookie_format(cookie);
    second = virtcpu_migration_cookie_parse(written, strlen(written) + 1, &error);
    g_assert_no_error(error);
    again = virtcpu_migration_cookie_format(second);
    g_assert_cmpstr(again, ==, written);
    return 0;
}
