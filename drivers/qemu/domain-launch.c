/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/domain-launch.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/args.h"
#include "drivers/qemu/assign.h"
#include "drivers/qemu/balloon.h"
#include "drivers/qemu/cpu-judge.h"
#include "drivers/qemu/cpu-resolve.h"
#include "drivers/qemu/disk-throttle.h"
#include "drivers/qemu/domain-channels.h"
#include "drivers/qemu/domain-complete.h"
#include "drivers/qemu/domain-cpu.h"
#include "drivers/qemu/domain-events.h"
#include "drivers/qemu/domain-files.h"
#include "drivers/qemu/domain-live.h"
#include "drivers/qemu/domain-log.h"
#include "drivers/qemu/domain-passport.h"
#include "drivers/qemu/domain-prove.h"
#include "drivers/qemu/domain-status.h"
#include "drivers/qemu/domain-stop.h"
#include "drivers/qemu/domain-trouble.h"
#include "drivers/qemu/domain-vcpu-plug.h"
#include "drivers/qemu/driver-priv.h"
#include "drivers/qemu/firmware.h"
#include "drivers/qemu/missing-disks.h"
#include "drivers/qemu/qmp-socket.h"
#include "drivers/qemu/spice-port.h"
#include "drivers/qemu/tap.h"
#include "drivers/qemu/thread-tune.h"
#include "drivers/qemu/verify.h"

#include <signal.h>

/* A QEMU that gives up closes its monitor a moment before it is gone. */
#define DYING_MS 500

/* A launch under way; what is in it is its own until the domain has it. */
typedef struct {
    VirtCpuDomain *domain;
    const VirtCpuLaunch *how;
    VirtCpuDomainDef *def;
    VirtCpuDomainDef *original; /* def as it was written */
    VirtCpuQemuCaps *caps;
    VirtCpuDef *cpu;       /* as QEMU is asked for it */
    VirtCpuCpuLine line;   /* its explicit form; zeroed: it runs in the named one */
    VirtCpuData *expected; /* what its model contains, where that is judged; or NULL */
    char **argv, **environment;
    GPtrArray *missing;  /* disks that it starts without; or NULL */
    gboolean as_account; /* its QEMU runs as the driver's account */
    VirtCpuDomainRun *run;
    VirtCpuFd log;
    guint64 log_end; /* where QEMU's words begin */
} Launch;

static void
launch_clear(Launch *launch)
{
    virtcpu_domain_def_free(launch->def);
    virtcpu_domain_def_free(launch->original);
    virtcpu_qemu_caps_unref(launch->caps);
    virtcpu_def_free(launch->cpu);
    virtcpu_cpu_line_clear(&launch->line);
    virtcpu_cpu_data_free(launch->expected);
    g_clear_pointer(&launch->missing, g_ptr_array_unref);
    g_strfreev(launch->argv);
    g_strfreev(launch->environment);
    virtcpu_fd_close(launch->log);
    if (launch->run) {
        virtcpu_domain_release_run(launch->domain, launch->run);
    }
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Launch, launch_clear)

/* What the CPU will be judged by. Where QEMU alone knows the models there is nothing but names. */
static gboolean
expect(Launch *launch, GError **error)
{
    const VirtCpuDomainDef *def = launch->def;
    const VirtCpuPassport *passport = launch->how->passport;

    if (passport != NULL && passport->features != NULL) {
        launch->expected = virtcpu_cpu_data_copy(passport->features);
        return TRUE;
    }
    if (!virtcpu_cpu_has_bits(def->arch) || !launch->cpu ||
        !virtcpu_verify_needs_content(launch->cpu)) {
        return TRUE;
    }
    launch->expected = virtcpu_qemu_matrix_store_content(
        virtcpu_qemu_cache_matrices(launch->domain->driver->cache), launch->caps, def->machine,
        launch->cpu->model, error);
    return launch->expected != NULL;
}

/* The live definition tells how it runs, where there is a choice. */
static void
record_form(Launch *launch)
{
    VirtCpuDomainDef *def = launch->def;
    VirtCpuCpuForm form =
        launch->line.cpu != NULL ? VIRTCPU_CPU_FORM_EXPLICIT : VIRTCPU_CPU_FORM_NAMED;
    const VirtCpuArgsInput input = { .def = def, .caps = launch->caps, .cpu = launch->cpu };

    if (form != def->cpu_form && virtcpu_explicit_applies(&input)) {
        virtcpu_domain_def_set_cpu_form(
            def, form, def->cpu_properties != NULL ? virtcpu_json_copy(def->cpu_properties) : NULL);
    }
}

/* QEMU ends at once, in words of its own, when it is told of a model or feature it does not have.
 */
static gboolean
check_names(const Launch *launch, GError **error)
{
    g_autoptr(VirtCpuQemuHearing) hearing = NULL;

    if (!launch->cpu || virtcpu_cpu_has_bits(launch->def->arch)) {
        return TRUE;
    }
    hearing = virtcpu_qemu_hearing_new(virtcpu_qemu_cache_judge(launch->domain->driver->cache),
                                       launch->caps, NULL);
    return virtcpu_qemu_judge_check_names(hearing, launch->caps, launch->cpu, error);
}

/* The CPU as it stands on the command line, unless it is to have the named form: the one that the
 * guest comes with is not made again from its model. */
static gboolean
write_cpu(Launch *launch, const VirtCpuArgsInput *input, GError **error)
{
    VirtCpuDriver *driver = launch->domain->driver;
    const VirtCpuPassport *passport = launch->how->passport;
    g_autoptr(VirtCpuData) provided = NULL;

    if (passport == NULL || passport->form == NULL) {
        return virtcpu_domain_cpu_line(driver, launch->caps, input, &launch->line, error);
    }
    provided = virtcpu_qemu_caps_provided(launch->caps);
    return virtcpu_passport_write_line(passport, virtcpu_qemu_cache_lines(driver->cache),
                                       launch->caps, provided, &launch->line, error);
}

/* All that can be known without starting the guest. */
static gboolean
prepare(Launch *launch, GError **error)
{
    VirtCpuArgsInput input;

    launch->caps = virtcpu_domain_caps(launch->domain->driver, launch->def, error);
    /* a definition of an older daemon's may lack addresses */
    if (!launch->caps || !virtcpu_devices_assign(launch->def, launch->caps, error) ||
        !virtcpu_qemu_cpu_resolve_on(launch->domain->driver->host, launch->def, launch->caps,
                                     &launch->cpu, error) ||
        !check_names(launch, error)) {
        return FALSE;
    }
    virtcpu_args_assign_aliases(launch->def, launch->caps);
    launch->missing = virtcpu_missing_disks_drop(launch->def, launch->how->incoming);
    if (!virtcpu_spice_port_choose(
            launch->def, (unsigned)g_atomic_int_add(&launch->domain->driver->spice_ports, 1),
            error)) {
        return FALSE;
    }
    virtcpu_domain_name_channels(launch->domain->driver, launch->def);
    input = (VirtCpuArgsInput){
        .def = launch->def,
        .caps = launch->caps,
        .cpu = launch->cpu,
        .sandbox = launch->domain->driver->sandbox,
        .monitor_fd = VIRTCPU_PROCESS_FIRST_FD,
        .tap_fd = VIRTCPU_PROCESS_FIRST_FD + 1,
        .incoming = launch->how->incoming,
    };
    if (!write_cpu(launch, &input, error)) {
        return FALSE;
    }
    input.line = launch->line.cpu != NULL ? &launch->line : NULL;
    launch->argv = virtcpu_args_build(&input, error);
    launch->environment = virtcpu_args_environment(launch->def);
    return launch->argv && expect(launch, error) &&
           virtcpu_domain_prove(launch->domain, &input, error);
}

/* TRUE when the process that the status on disk names is there. */
static gboolean
is_recorded_process_alive(VirtCpuDomain *domain)
{
    g_autoptr(VirtCpuDomainStatus) status =
        virtcpu_domain_status_read(domain->driver, domain->name, NULL);
    g_autoptr(VirtCpuProcess) process = NULL;

    if (status && !status->starting) {
        process = virtcpu_process_adopt(status->pid, status->start_time, NULL);
    }
    return process != NULL;
}

/* A QEMU that could not be taken over after a restart of the daemon may still run the guest: two
 * must not share its disks. */
static gboolean
check_nothing_runs(VirtCpuDomain *domain, GError **error)
{
    g_autofree char *path = virtcpu_domain_monitor_path(domain->driver, domain->name);
    g_auto(VirtCpuFd) monitor = virtcpu_qmp_connect(path, NULL);

    if (monitor < 0 && !is_recorded_process_alive(domain)) {
        return TRUE;
    }
    virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_INVALID,
                      _("a QEMU of domain '%s' that this daemon could not take over still runs, "
                        "with its monitor at '%s': end it first"),
                      domain->name, path);
    return FALSE;
}

static void
close_fd(gpointer fd)
{
    virtcpu_fd_close(*(const int *)fd);
}

/* Descriptors that are closed with the array. */
static GArray *
new_fds(void)
{
    GArray *fds = g_array_new(FALSE, FALSE, sizeof(int));

    g_array_set_clear_func(fds, close_fd);
    return fds;
}

/* The monitor is connected before QEMU starts: nobody waits for a socket to appear. */
static gboolean
spawn(Launch *launch, GError **error)
{
    g_auto(VirtCpuFd) listener = virtcpu_qmp_listen(launch->run->monitor_path, error);
    g_auto(VirtCpuFd) monitor = -1;
    g_autoptr(GArray) fds = new_fds();
    const VirtCpuAccount *account = launch->domain->driver->account;
    VirtCpuProcessOptions options = {
        .argv = launch->argv,
        .environment = launch->environment,
        .output = launch->log,
        .identity = launch->as_account ? virtcpu_account_identity(account) : NULL,
        .may_lock_memory = launch->as_account && launch->def->memory_backing.locked,
    };

    if (listener < 0) {
        return FALSE;
    }
    monitor = virtcpu_qmp_connect(launch->run->monitor_path, error);
    if (monitor < 0) {
        return FALSE;
    }
    g_array_append_val(fds, listener);
    listener = -1;
    if (!virtcpu_taps_open(launch->def, fds, error)) {
        return FALSE;
    }
    options.fds = (const int *)(const void *)fds->data;
    options.fds_count = fds->len;
    launch->run->process = virtcpu_process_start(&options, error);
    if (!launch->run->process) {
        return FALSE;
    }
    launch->run->qmp = virtcpu_domain_attach_monitor(launch->domain, g_steal_fd(&monitor));
    return TRUE;
}

VirtCpuQmp *
virtcpu_domain_attach_monitor(VirtCpuDomain *domain, int fd)
{
    VirtCpuQmp *qmp = virtcpu_qmp_new(fd, domain->driver->context, virtcpu_domain_on_event,
                                      virtcpu_domain_on_closed, domain);

    virtcpu_qmp_watch_silence(qmp, virtcpu_domain_on_silence);
    return qmp;
}

/* What its CPU is to be wherever the guest goes on. */
static void
issue_passport(Launch *launch, const VirtCpuDef *live)
{
    const VirtCpuArgsInput args = {
        .def = launch->def,
        .caps = launch->caps,
        .cpu = launch->cpu,
        .line = launch->line.cpu != NULL ? &launch->line : NULL,
    };

    if (launch->how->passport != NULL) {
        launch->run->passport = virtcpu_passport_ref(launch->how->passport);
        return;
    }
    launch->run->passport = virtcpu_passport_draft(launch->domain, launch->caps, &args, live,
                                                   virtcpu_process_pid(launch->run->process));
}

/* The paused QEMU is what was promised; its live facts go into the definition. */
static gboolean
verify(Launch *launch, GError **error)
{
    VirtCpuQmp *qmp = launch->run->qmp;
    unsigned timeout_ms = launch->domain->driver->monitor_timeout_ms;
    VirtCpuVerifyInput input = {
        .qmp = qmp,
        .def = launch->def,
        .cpu = launch->cpu,
        .expected = launch->expected,
        .timeout_ms = timeout_ms,
        .host = launch->domain->driver->host,
    };
    VirtCpuDef *live = NULL;

    if (!virtcpu_qmp_handshake(qmp, timeout_ms, error) ||
        !virtcpu_verify_run(&input, &live, error)) {
        return FALSE;
    }
    issue_passport(launch, live);
    record_form(launch);
    if (live) {
        virtcpu_def_free(launch->def->cpu);
        launch->def->cpu = live;
    }
    return virtcpu_domain_fill_live(launch->def, qmp, timeout_ms, error) &&
           virtcpu_disks_throttle(launch->def, qmp, timeout_ms, error) &&
           virtcpu_balloon_begin(launch->def, launch->how->incoming, qmp, timeout_ms, error) &&
           virtcpu_threads_tune(launch->def, qmp, (int)virtcpu_process_pid(launch->run->process),
                                timeout_ms, error);
}

/* QEMU's own words say more than "end of file" when it died. */
static void
add_last_words(Launch *launch, GError **error)
{
    g_autofree char *words = NULL;
    g_autofree char *how = NULL;

    if (!g_error_matches(*error, VIRTCPU_ERROR, VIRTCPU_ERR_INTERNAL_ERROR) ||
        !virtcpu_process_wait(launch->run->process, DYING_MS)) {
        return;
    }
    words = virtcpu_process_last_words(launch->log, launch->log_end);
    how = virtcpu_process_describe_exit(launch->run->process);
    g_clear_error(error);
    virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                      _("process exited while connecting to monitor (%s): %s"), how, words);
}

static void
end_process(Launch *launch)
{
    g_autoptr(GError) error = NULL;

    if (!virtcpu_process_kill(launch->run->process, SIGKILL, &error)) {
        g_message("%s", error->message);
    }
    /* SIGKILL is not refused; the wait reaps the child */
    if (!virtcpu_process_wait(launch->run->process, 15000)) {
        g_message("Process %d does not end", (int)virtcpu_process_pid(launch->run->process));
    }
}

static void
hand_over(Launch *launch)
{
    VirtCpuDomain *domain = launch->domain;
    int id = g_atomic_int_add(&domain->driver->next_id, 1);

    g_mutex_lock(&domain->lock);
    domain->run = g_steal_pointer(&launch->run);
    domain->run->acknowledged = launch->how->paused_reason != VIRTCPU_PAUSED_STARTING_UP;
    domain->live = g_steal_pointer(&launch->def);
    domain->original = g_steal_pointer(&launch->original);
    domain->id = domain->live->id = id;
    domain->state = VIRTCPU_DOMAIN_PAUSED;
    domain->reason = launch->how->paused_reason;
    g_mutex_unlock(&domain->lock);
}

/* Undo hand_over when the last step failed; @launch has the run again. */
static void
take_back(Launch *launch)
{
    VirtCpuDomain *domain = launch->domain;

    g_mutex_lock(&domain->lock);
    launch->run = g_steal_pointer(&domain->run);
    launch->def = g_steal_pointer(&domain->live);
    launch->original = g_steal_pointer(&domain->original);
    domain->id = -1;
    domain->state = VIRTCPU_DOMAIN_SHUTOFF;
    g_mutex_unlock(&domain->lock);
}

/* What is plugged into a machine comes after what it is started with, in its devices' eyes too. */
static gboolean
plug_vcpus(VirtCpuDomain *domain, GError **error)
{
    const VirtCpuDomainDef *def = domain->live;

    return virtcpu_domain_def_fixed_vcpus(def) == def->vcpus ||
           virtcpu_domain_plug_vcpus(domain, def, def->vcpus, error);
}

/* The CPU that the guest comes with is there in every property, and will be known to a later
 * daemon.
 */
static gboolean
keep_passport(const Launch *launch, GError **error)
{
    const VirtCpuPassport *passport = launch->how->passport;

    return passport == NULL || (virtcpu_passport_confirm(launch->domain, passport, error) &&
                                virtcpu_domain_status_save_passport(launch->domain, error));
}

/* A guest that starts for the first time gets an empty store; one that arrives brings its own. */
static gboolean
make_variables(const Launch *launch, GError **error)
{
    return launch->def->nvram == NULL ||
           virtcpu_firmware_make_variables(launch->def, virtcpu_firmware_folders,
                                           launch->how->reset_nvram, error);
}

static gboolean
run_and_verify(Launch *launch, GError **error)
{
    gboolean kept;

    if (!make_variables(launch, error) ||
        !virtcpu_domain_files_plan(launch->domain, launch->def, &launch->as_account, error) ||
        !virtcpu_domain_status_save_starting(launch->domain, launch->run->monitor_path, error) ||
        !virtcpu_domain_files_lend(launch->domain, &launch->as_account, error) ||
        !spawn(launch, error)) {
        return FALSE;
    }
    if (!verify(launch, error)) {
        add_last_words(launch, error);
        end_process(launch);
        return FALSE;
    }
    hand_over(launch);
    kept = plug_vcpus(launch->domain, error) && keep_passport(launch, error) &&
           virtcpu_domain_status_save(launch->domain, error);
    if (!kept) {
        take_back(launch);
        end_process(launch);
    }
    return kept;
}

/* What the guest sees is looked at while the binary is the one that was started, but no start waits
 * for it. */
static void
look_later(VirtCpuDomain *domain)
{
    virtcpu_driver_queue(domain->driver, virtcpu_passport_look, domain);
}

gboolean
virtcpu_domain_launch(VirtCpuDomain *domain, VirtCpuDomainDef *def, const VirtCpuLaunch *how,
                      GError **error)
{
    g_auto(Launch) launch = { .domain = domain, .how = how, .def = def, .log = -1 };

    launch.original = virtcpu_domain_def_copy(def);
    if (!check_nothing_runs(domain, error) || !prepare(&launch, error)) {
        return FALSE;
    }
    launch.log =
        virtcpu_domain_log_open(domain, launch.environment, launch.argv, &launch.log_end, error);
    if (launch.log < 0) {
        return FALSE;
    }
    launch.run = g_new0(VirtCpuDomainRun, 1);
    launch.run->monitor_path = virtcpu_domain_monitor_path(domain->driver, domain->name);
    launch.run->owner = how->owner;
    launch.run->arriving = how->incoming;
    launch.run->log_from = launch.log_end;
    virtcpu_domain_trouble_forget(domain);
    if (!run_and_verify(&launch, error)) {
        virtcpu_domain_status_remove(domain);
        g_mutex_lock(&domain->lock);
        domain->reason = VIRTCPU_SHUTOFF_FAILED;
        g_mutex_unlock(&domain->lock);
        return FALSE;
    }
    virtcpu_missing_disks_tell(domain, launch.missing);
    virtcpu_driver_invoke(domain->driver, virtcpu_domain_watch, domain);
    virtcpu_driver_invoke(domain->driver, look_later, domain);
    return TRUE;
}
