/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/host/host.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/host/cpuid.h"
#include "drivers/host/identification.h"
#include "drivers/host/kvm.h"
#include "drivers/host/memory.h"
#include "drivers/host/msr.h"
#include "drivers/host/nodes.h"
#include "drivers/host/sysfile.h"
#include "drivers/host/topology.h"

#include <sys/utsname.h>
#include <unistd.h>

static void
host_clear(VirtCpuHost *host)
{
    g_free(host->sysroot);
    g_free(host->hostname);
    g_free(host->uuid);
    g_free(host->kernel);
    g_free(host->microcode);
    g_free(host->kvm_reason);
    g_clear_pointer(&host->cpus, g_ptr_array_unref);
    g_clear_pointer(&host->nodes, g_ptr_array_unref);
    virtcpu_cpu_data_free(host->cpu_data);
    virtcpu_cpu_data_free(host->kvm_data);
    virtcpu_def_free(host->cpu);
}

void
virtcpu_host_unref(VirtCpuHost *host)
{
    if (host != NULL) {
        g_atomic_rc_box_release_full(host, (GDestroyNotify)host_clear);
    }
}

VirtCpuHost *
virtcpu_host_ref(VirtCpuHost *host)
{
    return g_atomic_rc_box_acquire(host);
}

static gboolean
read_kernel(VirtCpuHost *host, GError **error)
{
    struct utsname name;

    if (uname(&name) != 0) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                          _("The kernel does not tell its name: uname failed."));
        return FALSE;
    }
    host->arch = virtcpu_arch_host();
    host->hostname = g_strdup(name.nodename);
    host->kernel = g_strdup_printf("%s %s", name.release, name.version);
    return TRUE;
}

/* The number in @field up to the first character that belongs to none; 0 when there is none. */
static guint64
leading_number(const char *field)
{
    return field != NULL ? g_ascii_strtoull(field, NULL, 0) : 0;
}

/* "cpu MHz : 2300.000", "microcode : 0x1", "address sizes : 48 bits physical, …" of the first CPU
 */
static void
read_cpuinfo(VirtCpuHost *host)
{
    g_autofree char *text = virtcpu_sysfile_read(host->sysroot, "/proc/cpuinfo");
    g_autofree char *mhz = NULL;
    g_autofree char *microcode = NULL;
    g_autofree char *sizes = NULL;

    if (text == NULL) {
        return;
    }
    mhz = virtcpu_sysfile_field(text, "cpu MHz");
    microcode = virtcpu_sysfile_field(text, "microcode");
    sizes = virtcpu_sysfile_field(text, "address sizes");
    host->mhz = (unsigned)MIN(leading_number(mhz), 1000000);
    host->physaddr_bits = (unsigned)MIN(leading_number(sizes), 64);
    if (leading_number(microcode) != 0) {
        host->microcode = g_strdup_printf("%" G_GUINT64_FORMAT, leading_number(microcode));
    }
}

/* What the processor says of itself: CPUID and MSRs, or the register it has instead. NULL when it
 * says nothing (transfer full). */
static VirtCpuData *
read_processor(const VirtCpuHost *host, int kvm)
{
    g_autoptr(VirtCpuData) data = virtcpu_cpu_data_new(host->arch, NULL);
    guint32 value;

    if (data == NULL) {
        return NULL;
    }
    if (virtcpu_cpuid_execute(data)) {
        virtcpu_msr_read_host(data, kvm);
    } else if (virtcpu_identification_read(host->sysroot, &value)) {
        virtcpu_cpu_data_set_register(data, value);
    } else {
        return NULL;
    }
    return g_steal_pointer(&data);
}

/* The processor, and what KVM makes of it. */
static void
read_cpu_data(VirtCpuHost *host)
{
    int kvm = virtcpu_kvm_open(&host->kvm_reason);

    host->kvm_usable = kvm >= 0;
    host->cpu_data = read_processor(host, kvm);
    if (kvm < 0) {
        return;
    }
    host->kvm_data = virtcpu_kvm_read_supported(kvm, host->arch);
    /* a counter whose rate changes has no frequency to tell */
    if (host->cpu_data != NULL && virtcpu_cpu_data_has_feature(host->cpu_data, "invtsc")) {
        virtcpu_kvm_read_tsc(kvm, &host->tsc_hz, &host->tsc_scaling);
    }
    close(kvm);
}

static void
decode_cpu(VirtCpuHost *host)
{
    const VirtCpuDecodeOptions options = { .type = VIRTCPU_DEF_HOST };
    g_autoptr(GError) error = NULL;
    VirtCpuDef *cpu;

    if (host->cpu_data == NULL) {
        return;
    }
    cpu = virtcpu_cpu_decode(host->cpu_data, &options, &error);
    if (cpu == NULL) {
        g_info("The host CPU has no name: %s", error->message);
        return;
    }
    cpu->sockets = host->sockets_per_node;
    cpu->dies = 1;
    cpu->cores = host->cores_per_socket;
    cpu->threads = host->threads_per_core;
    g_free(cpu->microcode);
    cpu->microcode = g_strdup(host->microcode);
    cpu->tsc_hz = host->tsc_hz;
    cpu->tsc_scaling = host->tsc_scaling;
    if (host->physaddr_bits != 0) {
        cpu->physaddr_mode = VIRTCPU_PHYSADDR_EMULATE;
        cpu->physaddr_bits = (int)host->physaddr_bits;
    }
    host->cpu = cpu;
}

VirtCpuHost *
virtcpu_host_new(void)
{
    return g_atomic_rc_box_new0(VirtCpuHost);
}

VirtCpuHost *
virtcpu_host_read(const char *sysroot, GError **error)
{
    g_autoptr(VirtCpuHost) host = virtcpu_host_new();

    host->sysroot = g_strdup(sysroot);
    if (!read_kernel(host, error)) {
        return NULL;
    }
    host->memory_kib = virtcpu_memory_kib(sysroot, "MemTotal");
    host->cpus = virtcpu_topology_read_cpus(sysroot);
    host->nodes = virtcpu_nodes_read(host);
    virtcpu_topology_count(host);
    read_cpuinfo(host);
    read_cpu_data(host);
    decode_cpu(host);
    return g_steal_pointer(&host);
}
