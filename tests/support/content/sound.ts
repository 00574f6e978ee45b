/** A WAV of `seconds` of a tone, 48 kHz in 16 bits on two channels: large for its length, and played by every browser. */
export function makeSound(seconds: number): Buffer {
  const [rate, channels] = [48_000, 2]
  const samples = Buffer.alloc(seconds * rate * channels * 2)
  for (let at = 0; at < samples.length; at += 4) {
    const level = Math.round(8000 * Math.sin((2 * Math.PI * 440 * at) / 4 / rate))
    samples.writeInt16LE(level, at)
    samples.writeInt16LE(level, at + 2)
  }
  const head = Buffer.alloc(44)
  head.write('RIFF', 0)
  head.writeUInt32LE(36 + samples.length, 4)
  head.write('WAVEfmt ', 8)
  head.writeUInt32LE(16, 16)
  head.writeUInt16LE(1, 20)
  head.writeUInt16LE(channels, 22)
  head.writeUInt32LE(rate, 24)
  head.writeUInt32LE(rate * channels * 2, 28)
  head.writeUInt16LE(channels * 2, 32)
  head.writeUInt16LE(16, 34)
  head.write('data', 36)
  head.writeUInt32LE(samples.length, 40)
  return Buffer.concat([head, samples])
}
