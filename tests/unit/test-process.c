/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/error.h"
#include "drivers/qemu/process.h"
#include "tests/unit/patience.h"

#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Start a shell on @script; its words go to the memory file @output. */
static VirtCpuProcess *
start_shell(const char *script, int output, VirtCpuProcessOptions *options)
{
    g_autofree char *copy = g_strdup(script);
    char shell[] = "/bin/sh";
    char flag[] = "-c";
    char *argv[] = { shell, flag, copy, NULL };
    g_autoptr(GError) error = NULL;
    VirtCpuProcess *process;

    options->argv = argv;
    options->output = output;
    process = virtcpu_process_start(options, &error);
    g_assert_no_error(error);
    return process;
}

static void
assert_end(VirtCpuProcess *process, const char *expected)
{
    g_autofree char *end = NULL;

    g_assert_true(virtcpu_process_wait(process, TEST_PATIENCE_MS));
    end = virtcpu_process_describe_exit(process);
    g_assert_cmpstr(end, ==, expected);
}

static void
test_words_and_status(void)
{
    VirtCpuProcessOptions options = { 0 };
    int output = memfd_create("output", MFD_CLOEXEC);
    g_autoptr(VirtCpuProcess) process =
        start_shell("echo early; echo 'last  words' >&2; exit 3", output, &options);
    g_autofree char *words = NULL;
    g_autofree char *later = NULL;

    assert_end(process, "exit status 3");
    words = virtcpu_process_last_words(output, 0);
    later = virtcpu_process_last_words(output, strlen("early\n"));
    g_assert_cmpstr(words, ==, "early\nlast  words");
    g_assert_cmpstr(later, ==, "last  words");
    close(output);
}

/* only the given descriptors arrive, in order; the session is its own; signals are as new */
static void
test_surroundings(void)
{
    int output = memfd_create("output", MFD_CLOEXEC);
    int leaked = memfd_create("leaked", 0); /* not close-on-exec, as a careless library's */
    int given[] = { memfd_create("b", MFD_CLOEXEC), memfd_create("a", MFD_CLOEXEC) };
    VirtCpuProcessOptions options = { .fds = given, .fds_count = 2, .umask = 027 };
    g_autoptr(VirtCpuProcess) process = NULL;
    g_autofree char *words = NULL;
    g_autofree char *expected = NULL;

    signal(SIGUSR1, SIG_IGN);
    process = start_shell("for f in 3 4 5 6 7 8 9; do readlink /proc/$$/fd/$f; done; umask; pwd; "
                          "cut -d' ' -f6 /proc/$$/stat >&4; grep SigIgn /proc/$$/status | cut -f2",
                          output, &options);
    assert_end(process, "exit status 0");
    signal(SIGUSR1, SIG_DFL);
    words = virtcpu_process_last_words(output, 0);
    g_assert_cmpstr(words, ==, "/memfd:b (deleted)\n/memfd:a (deleted)\n0027\n/\n0000000000000000");
    g_clear_pointer(&words, g_free);
    words = virtcpu_process_last_words(given[1], 0);
    expected = g_strdup_printf("%d", (int)virtcpu_process_pid(process));
    g_assert_cmpstr(words, ==, expected);
    close(output);
    close(leaked);
    close(given[0]);
    close(given[1]);
}

static void
test_cannot_execute(void)
{
    char missing[] = "/nonexistent/qemu";
    char *argv[] = { missing, NULL };
    int output = memfd_create("output", MFD_CLOEXEC);
    VirtCpuProcessOptions options = { .argv = argv, .output = output };
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuProcess) process = virtcpu_process_start(&options, &error);

    g_assert_null(process);
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_SYSTEM_ERROR);
    g_assert_cmpstr(error->message, ==,
                    "Cannot execute binary '/nonexistent/qemu': No such file or directory");
    close(output);
}

static void
test_kill_and_wait(void)
{
    VirtCpuProcessOptions options = { 0 };
    int output = memfd_create("output", MFD_CLOEXEC);
    g_autoptr(VirtCpuProcess) process = start_shell("exec sleep 60", output, &options);

    g_assert_false(virtcpu_process_wait(process, 0));
    g_assert_false(virtcpu_process_wait(process, 20));
    g_assert_true(virtcpu_process_kill(process, SIGKILL, NULL));
    assert_end(process, "killed by signal 9");
    /* repeating either is legal */
    g_assert_true(virtcpu_process_kill(process, SIGKILL, NULL));
    assert_end(process, "killed by signal 9");
    close(output);
}

static void
test_output_limit(void)
{
    VirtCpuProcessOptions options = { .output_limit = 65536 };
    int output = memfd_create("output", MFD_CLOEXEC);
    g_autoptr(VirtCpuProcess) process = start_shell("exec yes flood", output, &options);
    g_autofree char *end = NULL;
    g_autofree char *words = NULL;

    assert_end(process, "killed by signal 25"); /* SIGXFSZ */
    words = virtcpu_process_last_words(output, 0);
    g_assert_cmpuint(strlen(words), <=, 1024);
    g_assert_cmpint(lseek(output, 0, SEEK_END), <=, 65536);
    close(output);
}

static gpointer
start_bound(gpointer data)
{
    VirtCpuProcessOptions options = { .dies_with_caller = TRUE };

    return start_shell("exec sleep 60", *(int *)data, &options);
}

static void
test_dies_with_caller(void)
{
    int output = memfd_create("output", MFD_CLOEXEC);
    g_autoptr(VirtCpuProcess) process = g_thread_join(g_thread_new("caller", start_bound, &output));

    assert_end(process, "killed by signal 9");
    close(output);
}

static void
on_ended(VirtCpuProcess *process, gpointer user_data)
{
    g_main_loop_quit(user_data);
}

static void
test_watch(void)
{
    VirtCpuProcessOptions options = { 0 };
    g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
    int output = memfd_create("output", MFD_CLOEXEC);
    g_autoptr(VirtCpuProcess) process = start_shell("exit 7", output, &options);

    virtcpu_process_watch(process, NULL, on_ended, loop);
    g_main_loop_run(loop);
    assert_end(process, "exit status 7");
    close(output);
}

static void
test_adopt(void)
{
    VirtCpuProcessOptions options = { 0 };
    int output = memfd_create("output", MFD_CLOEXEC);
    g_autoptr(VirtCpuProcess) process = start_shell("exec sleep 60", output, &options);
    pid_t pid = virtcpu_process_pid(process);
    guint64 start_time = virtcpu_process_start_time(process);
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuProcess) stranger = virtcpu_process_adopt(pid, start_time + 1, &error);
    g_autoptr(VirtCpuProcess) adopted = NULL;
    g_autoptr(VirtCpuProcess) late = NULL;

    g_assert_null(stranger);
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_OPERATION_FAILED);
    g_clear_error(&error);
    adopted = virtcpu_process_adopt(pid, start_time, &error);
    g_assert_no_error(error);
    g_assert_true(virtcpu_process_kill(adopted, SIGKILL, NULL));
    assert_end(adopted, "exit status unknown");
    assert_end(process, "killed by signal 9");
    late = virtcpu_process_adopt(pid, start_time, &error);
    g_assert_null(late);
    g_assert_nonnull(error);
    virtcpu_process_free(NULL);
    close(output);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/process/words-and-status", test_words_and_status);
    g_test_add_func("/process/surroundings", test_surroundings);
    g_test_add_func("/process/cannot-execute", test_cannot_execute);
    g_test_add_func("/process/kill-and-wait", test_kill_and_wait);
    g_test_add_func("/process/output-limit", test_output_limit);
    g_test_add_func("/process/dies-with-caller", test_dies_with_caller);
    g_test_add_func("/process/watch", test_watch);
    g_test_add_func("/process/adopt", test_adopt);
    return g_test_run();
}
