/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/error.h"
#include "conf/migration-params.h"

static void
test_set(void)
{
    g_autoptr(VirtCpuMigrateParams) params = virtcpu_migrate_params_new();
    g_autoptr(GError) error = NULL;

    g_assert_true(virtcpu_migrate_params_set_string(params, "migrate_uri", "tcp:h", &error));
    g_assert_false(virtcpu_migrate_params_set_string(params, "migrate_uri", "tcp:i", &error));
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_INVALID_ARG);
    g_assert_cmpstr(error->message, ==, "parameter 'migrate_uri' occurs multiple times");
    g_clear_error(&error);
    g_assert_true(virtcpu_migrate_params_set_string(params, "compression", "xbzrle", &error));
    g_assert_true(virtcpu_migrate_params_set_string(params, "compression", "mt", &error));
    g_assert_cmpstr(params->compression, ==, "xbzrle,mt");
    g_assert_false(virtcpu_migrate_params_set_ullong(params, "teleport", 1, &error));
    g_assert_cmpstr(error->message, ==, "parameter 'teleport' not supported");
    g_clear_error(&error);
    g_assert_false(virtcpu_migrate_params_set_int(params, "bandwidth", 1, &error));
    g_assert_cmpstr(error->message, ==,
                    "invalid type 'int' for parameter 'bandwidth', expected 'ullong'");
    g_clear_error(&error);
    g_assert_false(virtcpu_migrate_params_refuse_type("bandwidth", 99, &error));
    g_assert_cmpstr(error->message, ==,
                    "invalid type 'unknown' for parameter 'bandwidth', expected 'ullong'");
    g_clear_error(&error);
    g_assert_false(virtcpu_migrate_params_set_int(params, "parallel.connections", -1, &error));
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_INVALID_ARG);
    g_clear_error(&error);
    g_assert_true(virtcpu_migrate_params_set_ullong(params, "bandwidth", 12, &error));
    g_assert_cmpuint(params->bandwidth_mib, ==, 12);
}

static void
check(unsigned flags, const VirtCpuMigrateParams *params, int code)
{
    g_autoptr(GError) error = NULL;

    if (virtcpu_migrate_params_check(flags, params, TRUE, &error)) {
        g_assert_cmpint(code, ==, 0);
    } else {
        g_assert_error(error, VIRTCPU_ERROR, code);
    }
}

static void
test_flags(void)
{
    const VirtCpuMigrateParams none = { 0 };

    check(0, &none, 0);
    check(VIRTCPU_MIGRATE_LIVE | VIRTCPU_MIGRATE_CHANGE_PROTECTION, &none, 0);
    check(1u << 21, &none, VIRTCPU_ERR_INVALID_ARG);
    check(1u << 31, &none, VIRTCPU_ERR_INVALID_ARG);
    check(VIRTCPU_MIGRATE_TUNNELLED, &none, VIRTCPU_ERR_ARGUMENT_UNSUPPORTED);
    check(VIRTCPU_MIGRATE_NON_SHARED_INC, &none, VIRTCPU_ERR_ARGUMENT_UNSUPPORTED);
    check(VIRTCPU_MIGRATE_TLS, &none, VIRTCPU_ERR_ARGUMENT_UNSUPPORTED);
    check(VIRTCPU_MIGRATE_OFFLINE, &none, VIRTCPU_ERR_OPERATION_INVALID);
    check(VIRTCPU_MIGRATE_OFFLINE | VIRTCPU_MIGRATE_PERSIST_DEST, &none, 0);
    check(VIRTCPU_MIGRATE_OFFLINE | VIRTCPU_MIGRATE_PERSIST_DEST | VIRTCPU_MIGRATE_LIVE, &none,
          VIRTCPU_ERR_INVALID_ARG);
    check(VIRTCPU_MIGRATE_PARALLEL | VIRTCPU_MIGRATE_POSTCOPY, &none, VIRTCPU_ERR_INVALID_ARG);
}

static void
test_tuning(void)
{
    const VirtCpuMigrateParams parallel = { .parallel_connections = 4 };
    const VirtCpuMigrateParams many = { .parallel_connections = 256 };
    const VirtCpuMigrateParams converge = { .auto_converge_initial = 100 };
    const VirtCpuMigrateParams tuned = { .auto_converge_increment = 5 };
    g_autoptr(GError) error = NULL;
    const VirtCpuMigrateParams zlib = { .compression = (char[]){ "zlib" } };
    const VirtCpuMigrateParams cache = { .xbzrle_cache_bytes = 1 };
    const VirtCpuMigrateParams fast = { .bandwidth_mib = VIRTCPU_SPEED_UNLIMITED };
    const VirtCpuMigrateParams faster = { .bandwidth_mib = VIRTCPU_SPEED_UNLIMITED + 1 };
    const VirtCpuMigrateParams fastest = { .bandwidth_postcopy_mib = G_MAXUINT64 };
    const VirtCpuMigrateParams disks = { .migrate_disks = (char[]){ "vda" } };

    check(0, &parallel, VIRTCPU_ERR_INVALID_ARG);
    check(VIRTCPU_MIGRATE_PARALLEL, &parallel, 0);
    check(VIRTCPU_MIGRATE_PARALLEL, &many, VIRTCPU_ERR_INVALID_ARG);
    check(VIRTCPU_MIGRATE_AUTO_CONVERGE, &converge, VIRTCPU_ERR_INVALID_ARG);
    check(0, &tuned, VIRTCPU_ERR_INVALID_ARG);
    g_assert_true(virtcpu_migrate_params_check(0, &tuned, FALSE, &error));
    g_assert_no_error(error);
    check(VIRTCPU_MIGRATE_COMPRESSED, &zlib, VIRTCPU_ERR_ARGUMENT_UNSUPPORTED);
    check(0, &cache, VIRTCPU_ERR_INVALID_ARG);
    check(VIRTCPU_MIGRATE_COMPRESSED, &cache, 0);
    check(0, &fast, 0);
    check(0, &faster, VIRTCPU_ERR_INVALID_ARG);
    check(0, &fastest, VIRTCPU_ERR_INVALID_ARG);
    check(VIRTCPU_MIGRATE_LIVE, &disks, VIRTCPU_ERR_ARGUMENT_UNSUPPORTED);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/migration-params/set", test_set);
    g_test_add_func("/migration-params/flags", test_flags);
    g_test_add_func("/migration-params/tuning", test_tuning);
    return g_test_run();
}
