const NOTES_HZ = [660, 880]
const NOTE_S = 0.16

/** Two soft notes. Browsers that want a click on the page first stay silent. Never throws. */
export function chime(): void {
  try {
    const context = new AudioContext()
    NOTES_HZ.forEach((frequency, index) => {
      const start = context.currentTime + index * NOTE_S
      const note = new OscillatorNode(context, { frequency })
      const volume = new GainNode(context, { gain: 0 })
      volume.gain.setTargetAtTime(0.12, start, 0.01)
      volume.gain.setTargetAtTime(0, start + NOTE_S / 2, 0.05)
      note.connect(volume).connect(context.destination)
      note.start(start)
      note.stop(start + 3 * NOTE_S)
      if (index === NOTES_HZ.length - 1) note.onended = () => void context.close()
    })
  } catch {
    // No sound.
  }
}
