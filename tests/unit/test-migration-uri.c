/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/error.h"
#include "conf/migration-uri.h"

static void
test_refused(void)
{
    static const struct {
        const char *text;
        VirtCpuErrorCode code;
    } bad[] = {
        { "", VIRTCPU_ERR_INVALID_ARG },
        { "host:1", VIRTCPU_ERR_ARGUMENT_UNSUPPORTED },
        { "rdma://h:1", VIRTCPU_ERR_ARGUMENT_UNSUPPORTED },
        { "exec:cat", VIRTCPU_ERR_ARGUMENT_UNSUPPORTED },
        { "fd:3", VIRTCPU_ERR_ARGUMENT_UNSUPPORTED },
        { "tcp:", VIRTCPU_ERR_INVALID_ARG },
        { "tcp://", VIRTCPU_ERR_INVALID_ARG },
        { "tcp:h:65536", VIRTCPU_ERR_INVALID_ARG },
        { "tcp:h:x", VIRTCPU_ERR_INVALID_ARG },
        { "tcp:h,to=9:1", VIRTCPU_ERR_INVALID_ARG },
        { "unix:", VIRTCPU_ERR_INVALID_ARG },
        { "unix:///", VIRTCPU_ERR_INVALID_ARG },
        { "unix:relative", VIRTCPU_ERR_INVALID_ARG },
        { "unix:///a,b", VIRTCPU_ERR_INVALID_ARG },
        { "unix:///0123456789012345678901234567890123456789012345678901234567890123456789012345678"
          "90123456789012345678901234567890",
          VIRTCPU_ERR_INVALID_ARG },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_null(virtcpu_migration_uri_parse(bad[i].text, &error));
        g_assert_error(error, VIRTCPU_ERROR, (int)bad[i].code);
    }
}

static void
test_accepted(void)
{
    static const struct {
        const char *text, *written, *qemu;
    } good[] = {
        { "tcp:h", "tcp:h:0", "tcp:h:0" },
        { "tcp:h:49152", "tcp:h:49152", "tcp:h:49152" },
        { "tcp://h.example:1", "tcp:h.example:1", "tcp:h.example:1" },
        { "tcp://[::1]:7", "tcp:[::1]:7", "tcp:[::1]:7" },
        { "tcp:127.0.0.1:7", "tcp:127.0.0.1:7", "tcp:127.0.0.1:7" },
        { "unix:///run/x", "unix:///run/x", "unix:/run/x" },
        { "unix:/run/x", "unix:///run/x", "unix:/run/x" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(good); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(VirtCpuMigrationUri) uri = virtcpu_migration_uri_parse(good[i].text, &error);
        g_autofree char *written = NULL;
        g_autofree char *qemu = NULL;

        g_assert_no_error(error);
        written = virtcpu_migration_uri_format(uri);
        qemu = virtcpu_migration_uri_to_qemu(uri);
        g_assert_cmpstr(written, ==, good[i].written);
        g_assert_cmpstr(qemu, ==, good[i].qemu);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/migration-uri/refused", test_refused);
    g_test_add_func("/migration-uri/accepted", test_accepted);
    return g_test_run();
}
