/** Descriptions of GPUs for cuDNN's DEVICEPROP descriptor, from public data sheets. */

const COMMON = {
  driverVer: 13000,
  cudaDeviceId: 0,
  maxGridSize: [2147483647, 65535, 65535],
  maxBlockSize: [1024, 1024, 64],
  regsPerBlock: 65536,
  smCountOrigin: 0,
  warpSize: 32,
  maxSharedMemoryPerBlock: 49152,
  reservedSharedMemoryPerBlock: 1024,
  maxRegistersPerSM: 65536,
  maxThreadsPerBlock: 1024,
  pciDeviceId: 0,
  isTccDriver: 0,
  supportCoopLaunch: 1,
};

const SERVER = { maxCtasPerSM: 32, maxThreadsPerSM: 2048 };
const DESKTOP = { maxSharedMemoryPerBlockOptin: 101376, maxThreadsPerSM: 1536, totalGlobalMem: 25.4e9 };

/** One GPU of each family that the project is made for. */
const MODELS = [
  {
    ...SERVER,
    deviceVer: 800,
    deviceName: "NVIDIA A100-SXM4-40GB",
    totalGlobalMem: 42.3e9,
    multiProcessorCount: 108,
    maxSharedMemoryPerBlockOptin: 166912,
    smClockRateKHz: 1410000,
    memClockRateKHz: 1215000,
    l2CacheSize: 41943040,
  },
  {
    ...DESKTOP,
    deviceVer: 860,
    deviceName: "NVIDIA GeForce RTX 3090",
    multiProcessorCount: 82,
    maxCtasPerSM: 16,
    smClockRateKHz: 1695000,
    memClockRateKHz: 9751000,
    l2CacheSize: 6291456,
  },
  {
    ...DESKTOP,
    deviceVer: 890,
    deviceName: "NVIDIA GeForce RTX 4090",
    multiProcessorCount: 128,
    maxCtasPerSM: 24,
    smClockRateKHz: 2520000,
    memClockRateKHz: 10501000,
    l2CacheSize: 75497472,
  },
  {
    ...SERVER,
    deviceVer: 900,
    deviceName: "NVIDIA H100 80GB HBM3",
    totalGlobalMem: 85e9,
    multiProcessorCount: 132,
    maxSharedMemoryPerBlockOptin: 232448,
    smClockRateKHz: 1980000,
    memClockRateKHz: 2619000,
    l2CacheSize: 52428800,
  },
];

/** `name` "sm_80" …; `json` for `deviceProperties`. */
export const GPUS: readonly { name: string; capability: readonly [number, number]; json: string }[] = MODELS.map(
  (model) => {
    const major = Math.floor(model.deviceVer / 100), minor = model.deviceVer / 10 % 10;
    return { name: `sm_${major}${minor}`, capability: [major, minor], json: JSON.stringify({ ...COMMON, ...model }) };
  },
);
