import { Bucket } from './bucket.ts';
import { callerNetwork } from './callerAddress.ts';

const perMinute = 10;
/** Networks that are remembered; the one that failed longest ago is forgotten first. */
const mostNetworks = 4_096;

/** Who showed wrong tokens lately. */
export class FailedTries {
  private readonly networks = new Map<string, Bucket>();

  /** The whole seconds until this address may try again; 0 where it may now. */
  wait(address: string): number {
    return this.networks.get(callerNetwork(address))?.wait() ?? 0;
  }

  add(address: string): void {
    const network = callerNetwork(address);
    const bucket = this.networks.get(network) ?? new Bucket(perMinute / 60, perMinute);
    bucket.take();
    this.networks.delete(network);
    this.networks.set(network, bucket);
    const [oldest] = this.networks.keys();
    if (this.networks.size > mostNetworks && oldest !== undefined) {
      this.networks.delete(oldest);
    }
  }
}
