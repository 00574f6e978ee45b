/** What the doctor uses of simple-peer 9.11. */
declare module 'simple-peer/simplepeer.min.js' {
  export interface SimplePeerOptions {
    readonly initiator?: boolean
    /** Whether candidates are sent one by one, or all within one `signal`. */
    readonly trickle?: boolean
    /** Without it, public STUN servers are used. */
    readonly config: RTCConfiguration
    /** How long to wait for candidates when they do not trickle, in milliseconds; default: 5,000. */
    readonly iceCompleteTimeout?: number
  }

  export default class SimplePeer {
    constructor(options: SimplePeerOptions)
    signal(data: unknown): void
    send(data: string): void
    destroy(): void
    on(event: 'signal', listener: (data: RTCSessionDescriptionInit) => void): this
    on(event: 'data', listener: (data: Uint8Array) => void): this
    on(event: 'connect', listener: () => void): this
    on(event: 'error', listener: (error: Error) => void): this
  }
}
