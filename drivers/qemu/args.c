/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/args-priv.h"

void
virtcpu_args_add(VirtCpuArgs *args, const char *option, const char *value)
{
    g_ptr_array_add(args->argv, g_strdup(option));
    if (value != NULL) {
        g_ptr_array_add(args->argv, g_strdup(value));
    }
}

void
virtcpu_args_add_json(VirtCpuArgs *args, const char *option, VirtCpuJson *json)
{
    g_autoptr(VirtCpuJson) owned = NULL;
    g_autofree char *text = NULL;

    if (args->steps != NULL) {
        virtcpu_args_add_step(args, option, json);
        return;
    }
    owned = json;
    text = virtcpu_json_format(owned, FALSE);
    virtcpu_args_add(args, option, text);
}

char *
virtcpu_args_escape(const char *text)
{
    GString *out = g_string_new(text);

    g_string_replace(out, ",", ",,", 0);
    return g_string_free(out, FALSE);
}

unsigned
virtcpu_args_boot_index(const VirtCpuDomainDef *def, const char *dev)
{
    for (guint i = 0; i < def->boot_devs->len; i++) {
        if (g_str_equal(g_ptr_array_index(def->boot_devs, i), dev)) {
            return i + 1;
        }
    }
    return 0;
}

static void G_GNUC_PRINTF(3, 4)
    add_format(VirtCpuArgs *args, const char *option, const char *format, ...)
{
    g_autofree char *value = NULL;
    va_list list;

    va_start(list, format);
    value = g_strdup_vprintf(format, list);
    va_end(list);
    virtcpu_args_add(args, option, value);
}

static void
add_name(VirtCpuArgs *args)
{
    g_autofree char *name = virtcpu_args_escape(args->input->def->name);

    add_format(args, "-name", "guest=%s,debug-threads=on", name);
    virtcpu_args_add(args, "-S", NULL);
}

static const VirtCpuTimerDef *
find_timer(const VirtCpuDomainDef *def, const char *name)
{
    for (guint i = 0; i < def->timers->len; i++) {
        const VirtCpuTimerDef *timer = g_ptr_array_index(def->timers, i);

        if (g_str_equal(timer->name, name)) {
            return timer;
        }
    }
    return NULL;
}

static void
append_pc_options(GString *value, const VirtCpuDomainDef *def)
{
    const VirtCpuTimerDef *hpet = find_timer(def, "hpet");

    for (guint i = 0; i < def->features->len; i++) {
        const VirtCpuFeatureDef *feature = g_ptr_array_index(def->features, i);

        if (g_str_equal(feature->name, "vmport") || g_str_equal(feature->name, "smm")) {
            g_string_append_printf(value, ",%s=%s", feature->name,
                                   feature->state == VIRTCPU_TRISTATE_NO ? "off" : "on");
        }
    }
    if (hpet != NULL && hpet->present != VIRTCPU_TRISTATE_ABSENT) {
        g_string_append_printf(value, ",hpet=%s",
                               hpet->present == VIRTCPU_TRISTATE_YES ? "on" : "off");
    }
    if (virtcpu_domain_def_find_feature(def, "acpi") == NULL) {
        g_string_append(value, ",acpi=off");
    }
}

static gboolean
has_pflash(const VirtCpuDomainDef *def)
{
    return def->loader != NULL && g_strcmp0(def->loader_type, "pflash") == 0;
}

static void
add_pflash_node(VirtCpuArgs *args, const char *name, const char *path, gboolean readonly)
{
    VirtCpuJson *node = virtcpu_json_new_object();

    virtcpu_json_set_string(node, "driver", "file");
    virtcpu_json_set_string(node, "filename", path);
    virtcpu_json_set_string(node, "node-name", name);
    virtcpu_json_set_bool(node, "auto-read-only", TRUE);
    virtcpu_json_set_bool(node, "read-only", readonly);
    virtcpu_args_add_json(args, "-blockdev", node);
}

static void
add_firmware(VirtCpuArgs *args)
{
    const VirtCpuDomainDef *def = args->input->def;

    if (has_pflash(def)) {
        add_pflash_node(args, "libvirt-pflash0-storage", def->loader,
                        def->loader_readonly != VIRTCPU_TRISTATE_NO);
        if (def->nvram != NULL) {
            add_pflash_node(args, "libvirt-pflash1-storage", def->nvram, FALSE);
        }
        if (def->loader_secure == VIRTCPU_TRISTATE_YES) {
            virtcpu_args_add(args, "-global", "driver=cfi.pflash01,property=secure,value=on");
        }
    }
}

static void
add_machine(VirtCpuArgs *args)
{
    const VirtCpuDomainDef *def = args->input->def;
    const VirtCpuDef *cpu = args->input->cpu;
    g_autoptr(GString) value = g_string_new(args->machine->name);

    if (args->bus->is_pc) {
        g_string_append(value, ",usb=off");
    }
    g_string_append(value, ",dump-guest-core=off");
    if (has_pflash(def)) {
        g_string_append(value, ",pflash0=libvirt-pflash0-storage");
        if (def->nvram != NULL) {
            g_string_append(value, ",pflash1=libvirt-pflash1-storage");
        }
    }
    if (args->bus->is_pc) {
        append_pc_options(value, def);
    }
    if (def->memory_backing.nosharepages) {
        g_string_append(value, ",mem-merge=off");
    }
    if (virtcpu_args_has_main_memory(args)) {
        g_string_append_printf(value, ",memory-backend=%s", args->machine->default_ram_id);
    }
    if (cpu != NULL && cpu->mode == VIRTCPU_MODE_HOST_MODEL && cpu->model != NULL) {
        /* the host's CPU as one of an older generation: hw/ppc/spapr.c */
        g_string_append_printf(value, ",max-cpu-compat=%s", cpu->model);
    }
    virtcpu_args_add(args, "-machine", value->str);
    virtcpu_args_add(args, "-accel", def->virt_type == VIRTCPU_VIRT_KVM ? "kvm" : "tcg");
}

static gboolean
add_cpu(VirtCpuArgs *args, GError **error)
{
    g_autofree char *cpu = NULL;

    if (args->input->line != NULL) {
        virtcpu_args_add(args, "-cpu", args->input->line->cpu);
        for (char **global = args->input->line->globals; *global != NULL; global++) {
            virtcpu_args_add(args, "-global", *global);
        }
        return TRUE;
    }
    /* a machine type without a CPU to choose (none, some boards) gets no -cpu */
    if (args->input->cpu == NULL && args->machine->default_cpu == NULL) {
        return TRUE;
    }
    cpu = virtcpu_args_cpu(args->input, error);
    if (cpu == NULL) {
        return FALSE;
    }
    virtcpu_args_add(args, "-cpu", cpu);
    return TRUE;
}

static void
add_smp(VirtCpuArgs *args)
{
    const VirtCpuDomainDef *def = args->input->def;
    const VirtCpuDef *cpu = def->cpu;
    const unsigned fixed = virtcpu_domain_def_fixed_vcpus(def);
    g_autoptr(GString) value = g_string_new(NULL);

    g_string_append_printf(value, "%u", fixed);
    if (fixed != def->max_vcpus) {
        g_string_append_printf(value, ",maxcpus=%u", def->max_vcpus);
    }
    if (cpu != NULL && cpu->sockets != 0) {
        g_string_append_printf(value, ",sockets=%u", cpu->sockets);
        if (cpu->dies > 1) {
            g_string_append_printf(value, ",dies=%u", cpu->dies);
        }
        if (cpu->clusters > 1) {
            g_string_append_printf(value, ",clusters=%u", cpu->clusters);
        }
        g_string_append_printf(value, ",cores=%u,threads=%u", cpu->cores, cpu->threads);
    } else {
        g_string_append_printf(value, ",sockets=%u,cores=1,threads=1", def->max_vcpus);
    }
    virtcpu_args_add(args, "-smp", value->str);
}

static void
add_identity(VirtCpuArgs *args)
{
    g_autofree char *uuid = virtcpu_uuid_to_string(args->input->def->uuid);

    virtcpu_args_add(args, "-uuid", uuid);
    virtcpu_args_add(args, "-no-user-config", NULL);
    virtcpu_args_add(args, "-nodefaults", NULL);
    add_format(args, "-chardev", "socket,id=charmonitor,fd=%d,server=on,wait=off",
               args->input->monitor_fd);
    virtcpu_args_add(args, "-mon", "chardev=charmonitor,id=monitor,mode=control");
}

static void
add_clock(VirtCpuArgs *args)
{
    const VirtCpuDomainDef *def = args->input->def;
    const VirtCpuTimerDef *rtc = find_timer(def, "rtc");
    const VirtCpuTimerDef *pit = find_timer(def, "pit");

    add_format(args, "-rtc", "base=%s%s", def->clock_offset != NULL ? def->clock_offset : "utc",
               rtc != NULL && g_strcmp0(rtc->tickpolicy, "catchup") == 0 ? ",driftfix=slew" : "");
    if (pit != NULL && g_strcmp0(pit->tickpolicy, "delay") == 0 &&
        def->virt_type == VIRTCPU_VIRT_KVM) {
        virtcpu_args_add(args, "-global", "kvm-pit.lost_tick_policy=delay");
    }
}

static void
add_boot(VirtCpuArgs *args)
{
    const VirtCpuDomainDef *def = args->input->def;

    /* the daemon decides what follows a power-off: restart, reboot or the end */
    virtcpu_args_add(args, "-no-shutdown", NULL);
    if (def->on_reboot == VIRTCPU_ACTION_DESTROY) {
        virtcpu_args_add(args, "-no-reboot", NULL);
    }
    if (args->input->incoming) {
        virtcpu_args_add(args, "-incoming", "defer");
    }
    if (def->bootmenu != VIRTCPU_TRISTATE_ABSENT) {
        add_format(args, "-boot", "menu=%s,strict=on",
                   def->bootmenu == VIRTCPU_TRISTATE_YES ? "on" : "off");
    } else {
        virtcpu_args_add(args, "-boot", "strict=on");
    }
    if (def->loader != NULL && !has_pflash(def)) {
        virtcpu_args_add(args, "-bios", def->loader);
    }
    if (def->kernel != NULL) {
        virtcpu_args_add(args, "-kernel", def->kernel);
    }
    if (def->initrd != NULL) {
        virtcpu_args_add(args, "-initrd", def->initrd);
    }
    if (def->cmdline != NULL) {
        virtcpu_args_add(args, "-append", def->cmdline);
    }
    if (def->dtb != NULL) {
        virtcpu_args_add(args, "-dtb", def->dtb);
    }
}

/* The chipset's switches are negative: what <pm> does not say stays with QEMU. */
static void
add_pm(VirtCpuArgs *args)
{
    const char *chip = args->bus->has_ahci ? "ICH9-LPC" : "PIIX4_PM";
    const VirtCpuDomainDef *def = args->input->def;

    if (!args->bus->is_pc) {
        return;
    }
    if (def->suspend_to_mem != VIRTCPU_TRISTATE_ABSENT) {
        add_format(args, "-global", "%s.disable_s3=%d", chip,
                   def->suspend_to_mem == VIRTCPU_TRISTATE_NO);
    }
    if (def->suspend_to_disk != VIRTCPU_TRISTATE_ABSENT) {
        add_format(args, "-global", "%s.disable_s4=%d", chip,
                   def->suspend_to_disk == VIRTCPU_TRISTATE_NO);
    }
}

gboolean
virtcpu_args_find_machine(VirtCpuArgs *args, GError **error)
{
    const VirtCpuArgsInput *input = args->input;

    args->machine = virtcpu_qemu_caps_machine(input->caps, input->def->machine);
    if (args->machine == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("Emulator '%s' does not support machine type '%s'"),
                          input->caps->binary, input->def->machine);
        return FALSE;
    }
    args->bus = virtcpu_machine_bus_find(input->caps, args->machine->name);
    return TRUE;
}

/* What a QEMU that has been broken into would use next: other programs, more rights. */
static gboolean
add_sandbox(VirtCpuArgs *args, GError **error)
{
    const VirtCpuArgsInput *input = args->input;

    if (!input->caps->has_sandbox) {
        if (input->sandbox == VIRTCPU_SANDBOX_ON) {
            virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                              _("QEMU does not support seccomp sandboxes, which the daemon's "
                                "seccomp_sandbox = 1 requires: '%s'"),
                              input->caps->binary);
        }
        return input->sandbox != VIRTCPU_SANDBOX_ON;
    }
    virtcpu_args_add(args, "-sandbox",
                     input->sandbox == VIRTCPU_SANDBOX_OFF
                         ? "off"
                         : "on,obsolete=deny,elevateprivileges=deny,spawn=deny,"
                           "resourcecontrol=deny");
    return TRUE;
}

char **
virtcpu_args_build(const VirtCpuArgsInput *input, GError **error)
{
    g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);
    VirtCpuArgs args = { .input = input, .argv = argv, .next_tap = input->tap_fd };

    if (!virtcpu_args_find_machine(&args, error)) {
        return NULL;
    }
    g_ptr_array_add(argv, g_strdup(input->caps->binary));
    add_name(&args);
    add_firmware(&args);
    add_machine(&args);
    if (!add_cpu(&args, error)) {
        return NULL;
    }
    virtcpu_args_memory(&args);
    add_smp(&args);
    virtcpu_args_iothreads(&args);
    virtcpu_args_numa(&args);
    add_identity(&args);
    add_clock(&args);
    add_boot(&args);
    add_pm(&args);
    if (!virtcpu_args_controllers(&args, error) || !virtcpu_args_disks(&args, error) ||
        !virtcpu_args_nets(&args, error) || !virtcpu_args_chardevs(&args, error) ||
        !virtcpu_args_graphics(&args, error) || !virtcpu_args_extras(&args, error)) {
        return NULL;
    }
    if (!add_sandbox(&args, error)) {
        return NULL;
    }
    virtcpu_args_add(&args, "-msg", "timestamp=on");
    for (guint i = 0; i < input->def->qemu_args->len; i++) {
        virtcpu_args_add(&args, g_ptr_array_index(input->def->qemu_args, i), NULL);
    }
    g_ptr_array_add(argv, NULL);
    return (char **)g_ptr_array_free(g_steal_pointer(&argv), FALSE);
}

char **
virtcpu_args_environment(const VirtCpuDomainDef *def)
{
    static const char *const environment[] = {
        "LC_ALL=C",
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        NULL,
    };
    g_autoptr(GPtrArray) copy = g_ptr_array_new_with_free_func(g_free);

    for (gsize i = 0; environment[i] != NULL; i++) {
        g_ptr_array_add(copy, g_strdup(environment[i]));
    }
    for (guint i = 0; i < def->qemu_env->len; i++) {
        g_ptr_array_add(copy, g_strdup(g_ptr_array_index(def->qemu_env, i)));
    }
    g_ptr_array_add(copy, NULL);
    return (char **)g_ptr_array_free(g_steal_pointer(&copy), FALSE);
}
