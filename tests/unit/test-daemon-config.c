/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/error.h"
#include "daemon/daemon-config.h"

static void
test_values(void)
{
    g_autoptr(VirtCpuConfig) config = virtcpu_config_new();
    g_autoptr(GError) error = NULL;

    g_assert_true(virtcpu_config_parse(config,
                                       "# comment\n\n max_clients = 7 \n"
                                       "unix_sock_group=\"kvm\"\nlog_level = 1",
                                       "f", &error));
    g_assert_no_error(error);
    g_assert_cmpuint(config->max_clients, ==, 7);
    g_assert_cmpstr(config->unix_sock_group, ==, "kvm");
    g_assert_cmpuint(config->log_level, ==, 1);
    g_assert_cmpuint(config->max_client_requests, ==, 5);
    g_assert_cmpuint(config->cpu_form, ==, VIRTCPU_CPU_FORM_EXPLICIT);
    g_assert_cmpuint(config->seccomp_sandbox, ==, 2);
    g_assert_true(virtcpu_config_parse(config, "seccomp_sandbox = 0", "f", &error));
    g_assert_cmpuint(config->seccomp_sandbox, ==, 0);
    g_assert_true(virtcpu_config_parse(config, "cpu_form = \"named\"", "f", &error));
    g_assert_cmpuint(config->cpu_form, ==, VIRTCPU_CPU_FORM_NAMED);
}

/* Quoted or not; off when nothing is said. */
static void
test_words(void)
{
    static const struct {
        const char *text;
        VirtCpuProve expected;
    } rows[] = {
        { "", VIRTCPU_PROVE_OFF },
        { "verify_in_guest = off", VIRTCPU_PROVE_OFF },
        { "verify_in_guest = first", VIRTCPU_PROVE_FIRST },
        { "verify_in_guest = \"always\"", VIRTCPU_PROVE_ALWAYS },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(VirtCpuConfig) config = virtcpu_config_new();
        g_autoptr(GError) error = NULL;

        g_assert_true(virtcpu_config_parse(config, rows[i].text, "f", &error));
        g_assert_no_error(error);
        g_assert_cmpuint(config->verify_in_guest, ==, rows[i].expected);
    }
}

static void
test_bad(void)
{
    const char *texts[] = {
        "color = 1\n\n",
        "\ncolor = 1\n",
        "\n\ncolor = 1",
        "max_clients = 0",
        "max_clients = 100001",
        "max_clients = many",
        "max_clients",
        "unix_sock_group = kvm",
        "unix_sock_group = \"kvm",
        "unix_sock_group = \"",
        "max_clients = 1 2",
        "log_level = 5",
        "verify_in_guest =",
        "verify_in_guest = \"",
        "verify_in_guest = sometimes",
        "seccomp_sandbox = 3",
        "seccomp_sandbox = \"on\"",
        "cpu_form = odd",
        "cpu_form =",
        "cpu_form = \"named",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(VirtCpuConfig) config = virtcpu_config_new();
        g_autoptr(GError) error = NULL;

        g_assert_false(virtcpu_config_parse(config, texts[i], "f", &error));
        g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_CONFIG_UNSUPPORTED);
        g_assert_true(g_str_has_prefix(error->message, i == 1 ? "f:2:" : i == 2 ? "f:3:" : "f:1:"));
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/daemon-config/values", test_values);
    g_test_add_func("/daemon-config/words", test_words);
    g_test_add_func("/daemon-config/bad", test_bad);
    return g_test_run();
}
