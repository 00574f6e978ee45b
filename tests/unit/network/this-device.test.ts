import { expect, test } from 'vitest'
import { isOfThisDevice } from '../../../lib/network/this-device.ts'

test.each([
  'http://127.0.0.1:3000/d/x',
  'http://127.1.2.3/',
  'http://localhost:8080/r/y#k',
  'http://a.localhost/',
  'http://[::1]:3000/',
])('%s leads to the device that opens it', url => expect(isOfThisDevice(url)).toBe(true))

test.each([
  'https://share.example.org/d/x',
  'http://192.168.1.5:3000/',
  'https://127.0.0.1.example.org/',
  'https://localhost.example.org/',
  'http://notlocalhost/',
  'http://[fd00::1]/',
])('%s leads to one device, whoever opens it', url => expect(isOfThisDevice(url)).toBe(false))
